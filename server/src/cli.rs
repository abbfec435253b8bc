//! The command line: commands, flags and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// See what your code did in production, where you wrote it.
#[derive(Debug, Parser)]
#[command(name = "spanglass", version, about, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Flags that every command takes.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// The folder for everything that is kept.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How much is logged to stderr: off, error, warn, info, debug, trace.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Language server on stdio; hosts the receiver when nobody else does.
    ///
    /// Example, in Neovim: vim.lsp.start({ name = 'spanglass', cmd = { 'spanglass', 'lsp' } })
    Lsp(Lsp),
    /// Debug adapter that replays recorded traces, on stdio by default.
    ///
    /// Example: spanglass dap --port 0
    Dap(Dap),
    /// Receiver, store and trace page without an editor, until Ctrl-C.
    ///
    /// Example: spanglass serve --http 127.0.0.1:4318
    Serve(Serve),
    /// The product in one command: a recorded shop, its functions with figures, two traces, the trace page.
    ///
    /// Example: spanglass demo --once
    Demo(Demo),
    /// Prints code as an editor would show it, with lenses and hints.
    ///
    /// Example: spanglass annotate src/orders.py
    Annotate(Annotate),
    /// One line a span: where it belongs, how sure, why.
    ///
    /// Example: spanglass attribute --workspace . --traces recording.json --json
    Attribute(Attribute),
    /// Lists recent traces.
    ///
    /// Example: spanglass traces --errors --since 1h
    Traces(Traces),
    /// Shows one trace as a waterfall, as OTLP JSON, or as its page.
    ///
    /// Example: spanglass trace 0af7651916cd43dd8448eb211c80319c
    Trace(Trace),
    /// Takes in recorded traces: OTLP (protobuf, JSON, JSON lines), Jaeger, Tempo and Zipkin files.
    ///
    /// Example: spanglass import recording.json
    Import(Import),
    /// Writes one trace as OTLP JSON to stdout.
    ///
    /// Example: spanglass export 0af7651916cd43dd8448eb211c80319c > trace.json
    Export(Export),
    /// Says to which function spans belong, from now on and whatever else is known; kept in spanglass.toml.
    ///
    /// Example: spanglass pin checkout "charge card" payments.py:Payments.charge
    Pin(Ruling),
    /// Says to which function spans do not belong; kept in spanglass.toml.
    ///
    /// Example: spanglass reject checkout "charge card" payments.py:Payments.refund
    Reject(Ruling),
    /// Says what is configured, reachable, received and placed; each problem with its remedy.
    ///
    /// Example: spanglass doctor
    Doctor(Doctor),
}

/// Flags of `lsp`.
#[derive(Args, Debug)]
pub(crate) struct Lsp {
    /// Accepted and ignored: editors' habit; stdio is the only way.
    #[arg(long)]
    pub(crate) stdio: bool,
}

/// Flags of `dap`.
#[derive(Args, Debug)]
pub(crate) struct Dap {
    /// Listen on this port of the loopback interface instead of stdio; 0 takes any free one and prints it to stderr.
    #[arg(long, value_name = "N", conflicts_with = "pipe")]
    pub(crate) port: Option<u16>,
    /// Listen on this Unix socket instead of stdio.
    #[arg(long, value_name = "PATH")]
    pub(crate) pipe: Option<PathBuf>,
}

/// Flags of `serve`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Where OTLP over HTTP is received.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<String>,
    /// Where OTLP over gRPC is received; off for nowhere.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) grpc: Option<String>,
    /// The workspace whose functions spans are placed in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) workspace: PathBuf,
}

/// Flags of `demo`.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// End after printing, instead of serving until Ctrl-C.
    #[arg(long)]
    pub(crate) once: bool,
}

/// Flags of `annotate`.
#[derive(Args, Debug)]
pub(crate) struct Annotate {
    /// Files to print.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The workspace they are part of; the nearest folder with a .git or spanglass.toml above the first file if
    /// not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// Recorded traces to read instead of what was received.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) traces: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `attribute`.
#[derive(Args, Debug)]
pub(crate) struct Attribute {
    /// The workspace whose functions spans are placed in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) workspace: PathBuf,
    /// Recorded traces to read instead of what was received.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) traces: Vec<PathBuf>,
    /// Only spans of this service.
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only spans that ended within this time; not applied to files.
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub(crate) since: String,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `traces`.
#[derive(Args, Debug)]
pub(crate) struct Traces {
    /// Only traces with a span of this service.
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only traces with a span of exactly this name.
    #[arg(long, value_name = "SPAN")]
    pub(crate) name: Option<String>,
    /// Only traces that ended within this time.
    #[arg(long, value_name = "DURATION", default_value = "15m")]
    pub(crate) since: String,
    /// Only traces in which a span failed.
    #[arg(long)]
    pub(crate) errors: bool,
    /// Only traces that ran the function at this place.
    #[arg(long, value_name = "FILE:LINE")]
    pub(crate) at: Option<String>,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `trace`.
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// The trace's identifier, up to 32 hexadecimal digits.
    pub(crate) id: String,
    /// The workspace whose functions spans are placed in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) workspace: PathBuf,
    /// Print OTLP JSON.
    #[arg(long, conflicts_with = "web")]
    pub(crate) json: bool,
    /// Print the address of the trace's page.
    #[arg(long)]
    pub(crate) web: bool,
}

/// Flags of `import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// Files to take in.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Move the recorded times so that the last span ends now, and figures of the last minutes show them.
    #[arg(long)]
    pub(crate) now: bool,
}

/// Flags of `export`.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The trace's identifier, up to 32 hexadecimal digits.
    pub(crate) id: String,
}

/// Flags of `pin` and `reject`.
#[derive(Args, Debug)]
pub(crate) struct Ruling {
    /// The spans' service.
    pub(crate) service: String,
    /// Their name.
    pub(crate) span: String,
    /// The function: its file and its name, `payments.py:Payments.charge`, or a line in it, `payments.py:12`.
    #[arg(value_name = "FILE:FUNCTION")]
    pub(crate) function: String,
    /// Only spans of this kind: internal, server, client, producer, consumer.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only spans of the instrumentation scope of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) scope: Option<String>,
    /// Only spans with this attribute, for example http.route=/orders/{id}.
    #[arg(long = "attribute", value_name = "KEY=VALUE")]
    pub(crate) attributes: Vec<String>,
    /// The workspace whose spanglass.toml is written.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) workspace: PathBuf,
}

/// Flags of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// The workspace whose functions spans are placed in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) workspace: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
