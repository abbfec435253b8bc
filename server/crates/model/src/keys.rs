//! Attribute keys of the semantic conventions that the product reads, in every generation still in use.
//!
//! Source: OpenTelemetry semantic conventions 1.44.0 and the migration guides of `code`, `http`, `rpc` and `db`.

/// Logical name of the service.
pub const SERVICE_NAME: &str = "service.name";
/// Version of the service; often a tag or a commit hash.
pub const SERVICE_VERSION: &str = "service.version";
/// Full hash of the commit that ran.
pub const VCS_REVISION: &str = "vcs.ref.head.revision";
/// What ran, as a commit, in all the names that are in use.
pub const REVISION: &[&str] = &[
    VCS_REVISION,
    "vcs.repository.ref.revision",
    "git.commit.sha",
    "git.commit.hash",
    "git.commit.id",
    "git.sha",
    "heroku.release.commit",
];

/// Function name: fully qualified since 1.31, bare before (`code.function`).
pub const CODE_FUNCTION: &[&str] = &["code.function.name", "code.function"];
/// What qualifies a bare function name: the old namespace, or Rust's module path.
pub const CODE_NAMESPACE: &[&str] = &["code.namespace", "code.module.name"];
/// Source file, absolute or relative to what the compiler saw.
pub const CODE_FILE: &[&str] = &["code.file.path", "code.filepath"];
/// 1-based line; may be a decorator's, an attribute's or a call's.
pub const CODE_LINE: &[&str] = &["code.line.number", "code.lineno"];
/// 1-based column.
pub const CODE_COLUMN: &[&str] = &["code.column.number", "code.column"];

/// Request method, upper case.
pub const HTTP_METHOD: &[&str] = &["http.request.method", "http.method"];
/// Route template as the framework spells it.
pub const HTTP_ROUTE: &[&str] = &["http.route", "next.route"];
/// Path, or path and query, of a request as received.
pub const URL_PATH: &[&str] = &["url.path", "http.target"];
/// Absolute URL of a request.
pub const URL_FULL: &[&str] = &["url.full", "http.url"];
/// Response status code, an integer.
pub const HTTP_STATUS: &[&str] = &["http.response.status_code", "http.status_code"];

/// `package.Service`; absent since 1.39, when `rpc.method` became fully qualified.
pub const RPC_SERVICE: &str = "rpc.service";
/// `Method`, or `package.Service/Method` since 1.39.
pub const RPC_METHOD: &str = "rpc.method";

/// Database product.
pub const DB_SYSTEM: &[&str] = &["db.system.name", "db.system"];
/// Text of a database query.
pub const DB_QUERY: &[&str] = &["db.query.text", "db.statement"];

/// Name of the queue or topic.
pub const MESSAGING_DESTINATION: &[&str] = &["messaging.destination.name", "messaging.destination"];

/// Type of a recorded exception.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// Message of a recorded exception.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// Stack trace of a recorded exception, as the language prints it.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

/// Name of the thread that ran the span.
pub const THREAD_NAME: &str = "thread.name";
/// Identifier of the thread that ran the span.
pub const THREAD_ID: &str = "thread.id";
