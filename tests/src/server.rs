//! `spanglass serve` as a process, and commands that run beside it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{PATIENCE, free_port, shop, spanglass};

/// A running `spanglass serve` on a folder and a port of its own.
#[derive(Debug)]
pub struct Server {
    /// Where it receives, as `127.0.0.1:port`.
    pub receiver: String,
    /// Where it receives gRPC, likewise.
    pub grpc: String,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts it on the shop's code.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Server {
        Server::start_with(&[])
    }

    /// Starts it on the shop's code, with further variables.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(environment: &[(&str, &str)]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = shop::workspace(folder.path());
        let [receiver, grpc] = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(spanglass());
        command.arg("serve").arg("--http").arg(&receiver).arg("--workspace").arg(&workspace);
        command.arg("--grpc").arg(&grpc).envs(environment.iter().copied());
        command
            .env("SPANGLASS_DATA_DIR", folder.path().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        assert!(first.contains(&receiver) && first.contains(&grpc), "{first}");
        thread::spawn(move || lines.for_each(drop));
        Server { receiver, grpc, folder, child }
    }

    /// Runs another command on the same data folder.
    pub fn run(&self, arguments: &[&str]) -> Output {
        run_in(&self.workspace(), &self.folder.path().join("data"), arguments)
    }

    /// The shop's code.
    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// The process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What `doctor --json` says.
    pub fn doctor(&self) -> Value {
        serde_json::from_slice(&self.run(&["doctor", "--json"]).stdout).unwrap_or_default()
    }

    /// Waits until the server says that it received `count` spans or more.
    ///
    /// # Panics
    /// When they do not come.
    pub fn wait_for_spans(&self, count: u64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let report = self.doctor();
            if report["spans"]["received"].as_u64() >= Some(count) {
                return;
            }
            assert!(Instant::now() < deadline, "{count} spans never arrived: {report:#}");
            thread::park_timeout(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A running `spanglass serve` of which the test chooses everything, to be killed and started again.
#[derive(Debug)]
pub struct Host {
    /// What it said first: where it receives, or what is wrong.
    pub says: String,
    /// What it logged goes here.
    pub log: PathBuf,
    child: Child,
}

impl Host {
    /// Starts it on `folder/workspace`, which is made, with the data in `folder/data`; waits until it says something.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(folder: &Path, receiver: &str, environment: &[(&str, &str)]) -> Host {
        let workspace = folder.join("workspace");
        std::fs::create_dir_all(&workspace).expect("a workspace");
        let log = folder.join("log");
        let stderr = std::fs::File::options().create(true).append(true).open(&log).expect("a log");
        let mut command = Command::new(spanglass());
        command.arg("serve").arg("--http").arg(receiver).arg("--workspace").arg(&workspace);
        command.env("SPANGLASS_DATA_DIR", folder.join("data")).env("NO_COLOR", "1");
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let says = lines.next().and_then(Result::ok).unwrap_or_default();
        thread::spawn(move || lines.for_each(drop));
        Host { says, log, child }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Waits until it ended by itself.
    ///
    /// # Panics
    /// When it does not.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "it still runs; it said {}", self.says);
            thread::park_timeout(Duration::from_millis(10));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks again until `answer` has one.
///
/// # Panics
/// When it never has.
pub fn until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} never came");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Runs a command in `folder` with a data folder of its own, without colours.
///
/// # Panics
/// When it cannot be started.
pub fn run_in(folder: &Path, data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(spanglass());
    command.args(arguments).current_dir(folder).env("SPANGLASS_DATA_DIR", data).env("NO_COLOR", "1");
    command.output().expect("the command runs")
}
