//! Which languages a span can come from: its SDK and its instrumentation say it.

use source::Language;

use crate::Shape;

/// Languages that run together in one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Python,
    JavaScript,
    Rust,
    Go,
    Jvm,
    DotNet,
    Ruby,
    Php,
    Cpp,
    Beam,
}

impl Family {
    /// The family of a language.
    pub(crate) fn of(language: Language) -> Family {
        match language {
            Language::Python => Family::Python,
            Language::JavaScript | Language::TypeScript | Language::Tsx => Family::JavaScript,
            Language::Rust => Family::Rust,
            Language::Go => Family::Go,
            Language::Java | Language::Kotlin => Family::Jvm,
            Language::CSharp => Family::DotNet,
            Language::Php => Family::Php,
            Language::Cpp => Family::Cpp,
            Language::Ruby => Family::Ruby,
            Language::Elixir => Family::Beam,
        }
    }

    /// The family that a span comes from, if it says so.
    pub(crate) fn of_shape(shape: &Shape) -> Option<Family> {
        shape.get("telemetry.sdk.language").and_then(of_sdk).or_else(|| of_scope(&shape.scope))
    }
}

/// Whether the scope is one of an instrumentation library: its spans are never started by the program itself, nor
/// named by it, save those of annotated methods.
pub(crate) fn is_library_scope(scope: &str) -> bool {
    const STARTS: &[&str] = &[
        "opentelemetry.instrumentation.",
        "@opentelemetry/instrumentation",
        "go.opentelemetry.io/contrib/instrumentation/",
        "io.opentelemetry.",
        "OpenTelemetry::Instrumentation::",
        "OpenTelemetry.Instrumentation.",
        "io.opentelemetry.contrib.php.",
        "Microsoft.AspNetCore",
        "System.Net.Http",
        "Microsoft.EntityFrameworkCore",
        "opentelemetry_phoenix",
        "opentelemetry_ecto",
        "opentelemetry_cowboy",
        "opentelemetry-instrumentation-",
        "@fastify/otel",
        "@prisma/instrumentation",
        "next.js",
        "fastapi",
        "starlette",
        "org.springframework.",
        "@azure/",
        "otelsql",
        "github.com/XSAM/otelsql",
    ];
    let is_annotation = scope.contains("instrumentation-annotations")
        || scope == "io.opentelemetry.spring-boot-autoconfigure";
    // Programs name tracers after their classes.
    let is_class = scope.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()))
        && scope.starts_with("io.opentelemetry.");
    !is_annotation && !is_class && STARTS.iter().any(|start| scope.starts_with(start))
}

fn of_sdk(language: &str) -> Option<Family> {
    Some(match language {
        "python" => Family::Python,
        "nodejs" | "webjs" => Family::JavaScript,
        "rust" => Family::Rust,
        "go" => Family::Go,
        "java" | "kotlin" | "android" => Family::Jvm,
        "dotnet" => Family::DotNet,
        "ruby" => Family::Ruby,
        "php" => Family::Php,
        "cpp" => Family::Cpp,
        "erlang" | "elixir" => Family::Beam,
        _ => return None,
    })
}

fn of_scope(scope: &str) -> Option<Family> {
    const STARTS: &[(&str, Family)] = &[
        ("opentelemetry.instrumentation.", Family::Python),
        ("logfire", Family::Python),
        ("@", Family::JavaScript),
        ("next.js", Family::JavaScript),
        ("io.opentelemetry.contrib.php.", Family::Php),
        ("io.opentelemetry.php.", Family::Php),
        ("io.opentelemetry.", Family::Jvm),
        ("org.springframework.", Family::Jvm),
        ("go.opentelemetry.io/", Family::Go),
        ("OpenTelemetry::", Family::Ruby),
        ("Microsoft.", Family::DotNet),
        ("OpenTelemetry.", Family::DotNet),
        ("opentelemetry_", Family::Beam),
        ("opentelemetry-instrumentation-actix-web", Family::Rust),
    ];
    STARTS.iter().find(|(start, _)| scope.starts_with(start)).map(|(_, family)| *family)
}
