package dev.attune.ingest;

import java.util.Map;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fails the task on an exception in a processor (KIP-1033), and says where without the record's
 * content. What is wrong with a record itself has been rejected before; going on after any other
 * exception could leave an event half counted.
 */
public final class FailingExceptionHandler implements ProcessingExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(FailingExceptionHandler.class);

  @Override
  public Response handleError(
      ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
    LOG.atError()
        .addKeyValue("processor", context.processorNodeId())
        .addKeyValue("task", context.taskId())
        .addKeyValue("partition", context.partition())
        .addKeyValue("offset", context.offset())
        .addKeyValue("exception", exception.getClass().getName())
        .log("processing failed; the task will do it again");
    return Response.fail();
  }

  @Override
  public void configure(Map<String, ?> settings) {}
}
