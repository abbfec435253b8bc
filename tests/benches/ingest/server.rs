//! The processes that are measured: ours with and without the disk, and rotel; their processor time and instructions.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use spanglass_tests::{free_port, spanglass};
use tempfile::TempDir;

use crate::load::FUNCTIONS;

const PATIENCE: Duration = Duration::from_secs(120);

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Disk,
    Rotel,
}

/// A running receiver.
pub(crate) struct Server {
    /// Where it receives.
    pub(crate) receiver: String,
    kind: Kind,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts it in a folder of its own inside `folder`, under callgrind when `is_counted`.
    pub(crate) fn start(kind: Kind, folder: &Path, is_counted: bool) -> Server {
        let folder = tempfile::tempdir_in(folder).expect("a temporary folder");
        let receiver = format!("127.0.0.1:{}", free_port());
        let program = match kind {
            Kind::Rotel => PathBuf::from(std::env::var_os("SPANGLASS_ROTEL").unwrap_or_default()),
            _ => spanglass(),
        };
        let mut command = Command::new(if is_counted { Path::new("valgrind") } else { &program });
        if is_counted {
            let out = format!("--callgrind-out-file={}", folder.path().join("callgrind.out").display());
            command.args(["--tool=callgrind", &out]).arg(&program);
        }
        match kind {
            Kind::Rotel => {
                command.args(["start", "--exporter", "blackhole", "--otlp-http-endpoint", &receiver]);
                command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{}", free_port())]);
                command.arg("--pid-file").arg(folder.path().join("pid"));
                command.arg("--log-file").arg(folder.path().join("log"));
            }
            _ => {
                command.args(["serve", "--http", &receiver, "--workspace"]).arg(workspace(folder.path()));
                command.env("SPANGLASS_ARCHIVE__ENABLED", (kind == Kind::Disk).to_string());
                command.env("SPANGLASS_STORE__MAX_BYTES", "1GB");
            }
        }
        command.env("SPANGLASS_DATA_DIR", folder.path().join("data"));
        let log = fs::File::create(folder.path().join("stderr")).expect("a file can be made");
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        let server = Server { receiver, kind, folder, child: child.expect("the receiver starts") };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(&server.receiver).is_err() {
            assert!(Instant::now() < deadline, "{:?} does not listen", server.kind);
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Waits until it has nothing to do; the processor time it has used so far.
    pub(crate) fn quiet(&self) -> Duration {
        let mut last = self.cpu();
        let mut calm = 0;
        while calm < 4 {
            thread::sleep(Duration::from_millis(60));
            let now = self.cpu();
            calm = if now - last < Duration::from_millis(2) { calm + 1 } else { 0 };
            last = now;
        }
        last
    }

    fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the process runs");
        let of_task = |task: fs::DirEntry| -> Option<u64> {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok()
        };
        Duration::from_nanos(tasks.flatten().filter_map(of_task).sum())
    }

    /// Spans received and placed, as ours says.
    pub(crate) fn counts(&self) -> Option<(u64, u64)> {
        if self.kind == Kind::Rotel {
            return None;
        }
        let data = self.folder.path().join("data");
        let mut command = Command::new(spanglass());
        // It places spans in the code of the folder that it runs in.
        command.current_dir(self.folder.path().join("code"));
        let doctor = command.args(["doctor", "--json"]).env("SPANGLASS_DATA_DIR", data).output();
        let report: Value = serde_json::from_slice(&doctor.expect("doctor runs").stdout).unwrap_or_default();
        let spans = &report["spans"];
        Some((spans["received"].as_u64()?, spans["placed"].as_u64()?))
    }

    /// Ends it; the instructions that callgrind counted.
    pub(crate) fn instructions(mut self) -> f64 {
        let ended = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(ended.is_ok_and(|status| status.success()), "it cannot be told to end");
        drop(self.child.wait());
        let text = fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
        let total = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
        total.unwrap_or_else(|| panic!("callgrind counted nothing: {text}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether instructions can be counted.
pub(crate) fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Code with the functions that spans name.
fn workspace(folder: &Path) -> PathBuf {
    let workspace = folder.join("code");
    let app = workspace.join("app");
    fs::create_dir_all(&app).expect("a folder can be made");
    let functions = (0..FUNCTIONS).map(|number| format!("def work_{number}(x):\n    return x\n\n"));
    fs::write(app.join("work.py"), functions.collect::<String>()).expect("a file can be written");
    workspace
}
