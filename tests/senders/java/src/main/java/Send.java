import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

/**
 * Sends spans by the official SDK: java Send COUNT.
 *
 * <p>Where, over what and how compressed is said by OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _COMPRESSION.
 */
public final class Send {
  private static final AttributeKey<String> TEXT = AttributeKey.stringKey("text");
  private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("number");

  public static void main(String[] arguments) {
    var sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
    var tracer = sdk.getTracer("sender");
    var all = tracer.spanBuilder("all").startSpan();
    try (var within = all.makeCurrent()) {
      for (long number = 1; number < Long.parseLong(arguments[0]); number++) {
        var one = tracer.spanBuilder("one").setAttribute(NUMBER, number).setAttribute(TEXT, "π").startSpan();
        one.addEvent("done", Attributes.of(NUMBER, number));
        one.end();
      }
    }
    all.end();
    sdk.close();
  }
}
