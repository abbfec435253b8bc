// Command send sends spans by the official SDK: send COUNT.
//
// Where, over what and how compressed is said by OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _COMPRESSION.
package main

import (
	"context"
	"log"
	"os"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func exporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

func main() {
	ctx := context.Background()
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	to, err := exporter(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(to))
	tracer := provider.Tracer("sender")
	within, all := tracer.Start(ctx, "all")
	for number := 1; number < count; number++ {
		_, one := tracer.Start(within, "one", trace.WithAttributes(attribute.Int("number", number), attribute.String("text", "π")))
		one.AddEvent("done", trace.WithAttributes(attribute.IntSlice("parts", []int{1, 2, 3})))
		one.End()
	}
	all.End()
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
