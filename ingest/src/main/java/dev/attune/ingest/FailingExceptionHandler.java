package dev.attune.ingest;

import dev.attune.ingest.event.PoisonRecords;
import java.util.Map;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fails the task on an exception in a processor (KIP-1033), and says where without the record's
 * content. What is wrong with a record itself has been rejected before; going on after any other
 * exception could leave an event half counted. The record's place is noted in {@link
 * PoisonRecords}, so that a record that fails for ever does not stop its partition for ever.
 */
public final class FailingExceptionHandler implements ProcessingExceptionHandler {
  /** The setting under which Streams hands over the {@link PoisonRecords}. */
  static final String POISON_RECORDS = "attune.ingest.poison.records";

  private static final Logger LOG = LoggerFactory.getLogger(FailingExceptionHandler.class);

  private PoisonRecords poison;

  @Override
  public Response handleError(
      ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
    // A punctuator works for no record.
    boolean ofRecord = record != null && context.topic() != null && context.offset() >= 0;
    int failures =
        ofRecord
            ? poison.failed(context.topic(), context.partition(), context.offset(), exception)
            : 0;
    LOG.atError()
        .addKeyValue("processor", context.processorNodeId())
        .addKeyValue("task", context.taskId())
        .addKeyValue("topic", context.topic())
        .addKeyValue("partition", context.partition())
        .addKeyValue("offset", context.offset())
        .addKeyValue("exception", exception.getClass().getName())
        .addKeyValue("failures", failures)
        .log("processing failed; the task will do it again");
    return Response.fail();
  }

  @Override
  public void configure(Map<String, ?> settings) {
    poison = (PoisonRecords) settings.get(POISON_RECORDS);
  }
}
