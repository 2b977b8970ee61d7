package dev.attune.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The dependency rules of the modules; see docs/architecture.md. */
@AnalyzeClasses(packages = "dev.attune", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule DEPENDENCIES_POINT_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("dev.attune..")
          .layer("schemas")
          .definedBy("dev.attune.schemas..")
          .layer("model")
          .definedBy("dev.attune.model..")
          .layer("platform")
          .definedBy("dev.attune.platform..")
          .layer("embedded")
          .definedBy("dev.attune.embedded..")
          .layer("ingest")
          .definedBy("dev.attune.ingest..")
          .layer("trainer")
          .definedBy("dev.attune.trainer..")
          .layer("scorer")
          .definedBy("dev.attune.scorer..")
          .layer("bench")
          .definedBy("dev.attune.bench..")
          .layer("cli")
          .definedBy("dev.attune.cli..")
          .whereLayer("schemas")
          .mayNotAccessAnyLayer()
          .whereLayer("model")
          .mayNotAccessAnyLayer()
          .whereLayer("platform")
          .mayOnlyAccessLayers("schemas")
          .whereLayer("embedded")
          .mayOnlyAccessLayers("schemas")
          .whereLayer("ingest")
          .mayOnlyAccessLayers("schemas", "model", "platform")
          .whereLayer("trainer")
          .mayOnlyAccessLayers("schemas", "model", "platform")
          .whereLayer("scorer")
          .mayOnlyAccessLayers("schemas", "model", "platform")
          .whereLayer("bench")
          .mayOnlyAccessLayers("schemas", "model", "platform", "embedded", "ingest")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule THE_MODEL_KNOWS_NOTHING_OF_KAFKA =
      noClasses()
          .that()
          .resideInAPackage("dev.attune.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "org.apache.avro..");

  @ArchTest
  static final ArchRule ONLY_EMBEDDED_USES_THE_BROKERS_CLASSES =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.attune.embedded..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "kafka..",
              "org.apache.kafka.server..",
              "org.apache.kafka.metadata..",
              "org.apache.kafka.controller..",
              "org.apache.kafka.raft..");

  @ArchTest
  static final ArchRule CORES_DO_NO_INPUT_OR_OUTPUT =
      noClasses()
          .that()
          .resideInAPackage("dev.attune.*.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka.clients..", "java.nio.file..", "java.net..");
}
