//! Runs one command into a log file, with a deadline, and leaves nothing of it behind.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What must hold, beside exit code 0, for a command to have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing more.
    Success,
    /// At least one test was counted as passed and none as failed: a runner that finds no test proves nothing.
    Tests,
    /// The last line is `N passed, 0 failed` with N above zero: some runners end half way with exit code 0.
    ClosingLine,
}

/// One command as plain data, so that what a step would run can be looked at without running it.
#[derive(Clone, Debug)]
pub struct Cmd {
    /// A name looked up in `PATH`, or a path.
    pub program: OsString,
    /// Arguments, in order.
    pub args: Vec<OsString>,
    /// Working directory.
    pub dir: PathBuf,
    /// Variables set on top of the inherited environment.
    pub env: Vec<(OsString, OsString)>,
    /// Ended, with everything it started, when it takes longer.
    pub limit: Duration,
    /// What must hold beside exit code 0.
    pub expect: Expect,
}

impl Cmd {
    /// A command run in `dir` for at most twenty minutes.
    pub fn new(dir: &Path, program: impl AsRef<OsStr>) -> Cmd {
        Cmd {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            dir: dir.to_owned(),
            env: Vec::new(),
            limit: Duration::from_secs(20 * 60),
            expect: Expect::Success,
        }
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Cmd {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Cmd {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Cmd {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the deadline, in seconds from the start.
    pub fn limit_secs(mut self, seconds: u64) -> Cmd {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// Sets what must hold beside exit code 0.
    pub fn expect(mut self, expect: Expect) -> Cmd {
        self.expect = expect;
        self
    }

    /// As a person would type it, without the variables.
    pub fn shown(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.args);
        words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
    }

    /// The same without the folders that every reader knows: for one line of a report.
    pub fn brief(&self) -> String {
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy();
        let here = format!("{}/", self.dir.display()).replace("//", "/");
        let args = self.args.iter().map(|arg| quoted(&arg.to_string_lossy().replace(&here, "")));
        std::iter::once(program.into_owned()).chain(args).collect::<Vec<_>>().join(" ")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.dir);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// None when the deadline passed.
    pub status: Option<ExitStatus>,
    /// What it wrote on both streams, in the order written.
    pub output: String,
}

/// Runs `cmd` with both streams appended to `log`; with `echo`, also shown as they come.
///
/// # Errors
/// When the program cannot be started or the log cannot be written.
pub fn run(cmd: &Cmd, log: &Path, echo: bool) -> Result<Ended> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut out = OpenOptions::new().create(true).append(true).open(log)?;
    writeln!(out, "$ cd {} && {}", cmd.dir.display(), cmd.shown())?;
    let start = out.seek(SeekFrom::End(0))?;
    let mut command = cmd.command();
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .process_group(0);
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", cmd.shown()))?;
    let _reaper = Reaper::over(&child)?;
    let mut tail = Tail::new(log, start, echo)?;
    let status = wait(&mut child, cmd.limit, &mut tail)?;
    if status.is_none() {
        drop(_reaper);
        child.wait()?;
    }
    tail.read_on()?;
    Ok(Ended { status, output: String::from_utf8_lossy(&tail.bytes).into_owned() })
}

/// Runs `cmd` on the caller's own terminal, without a deadline.
///
/// # Errors
/// When it cannot be started or ends with another code than 0.
pub fn run_here(cmd: &Cmd) -> Result<()> {
    println!("$ {}", cmd.shown());
    let status = cmd.command().status().with_context(|| format!("cannot start `{}`", cmd.shown()))?;
    if !status.success() {
        bail!("`{}` ended with {status}", cmd.shown());
    }
    Ok(())
}

/// What `cmd` writes on stdout.
///
/// # Errors
/// When it cannot be started or ends with another code than 0; the message carries its stderr.
pub fn read(cmd: &Cmd) -> Result<String> {
    let output = cmd.command().output().with_context(|| format!("cannot start `{}`", cmd.shown()))?;
    if !output.status.success() {
        bail!(
            "`{}` ended with {}: {}",
            cmd.shown(),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where `PATH` finds `program`.
pub fn find_program(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

/// True for a file that may be run.
pub fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The product's own settings from the caller's shell would change what the tests see.
fn is_setting(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("SPANGLASS_") && (name.contains("__") || name == "SPANGLASS_DATA_DIR")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn wait(child: &mut Child, limit: Duration, tail: &mut Tail) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            return Ok(None);
        }
        if tail.echo {
            tail.read_on()?;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// Ends a command's whole process group as soon as this process drops it or dies, however it dies: a small shell
/// waits for its stdin to close. A test that forgets a server, or Ctrl-C in the middle, leaves nothing running.
struct Reaper(Child);

impl Reaper {
    fn over(child: &Child) -> Result<Reaper> {
        let script = "read -r _; kill -s KILL -- \"-$0\" 2>/dev/null";
        let shell = Command::new("sh")
            .args(["-c", script, &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        Ok(Reaper(shell.context("cannot start `sh`")?))
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // A shell that cannot be waited for has ended.
        let _ = self.0.wait();
    }
}

/// Follows a log file from an offset.
struct Tail {
    file: File,
    bytes: Vec<u8>,
    echo: bool,
}

impl Tail {
    fn new(log: &Path, start: u64, echo: bool) -> Result<Tail> {
        let mut file = File::open(log)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Tail { file, bytes: Vec::new(), echo })
    }

    fn read_on(&mut self) -> Result<()> {
        let seen = self.bytes.len();
        self.file.read_to_end(&mut self.bytes)?;
        if self.echo {
            let mut stdout = std::io::stdout();
            stdout.write_all(&self.bytes[seen..])?;
            stdout.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn sh(script: &str) -> Cmd {
        Cmd::new(Path::new("/"), "sh").args(["-c", script])
    }

    /// A log in a folder that leaves with the test.
    fn log() -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("log");
        (folder, file)
    }

    #[test]
    fn both_streams_are_kept_in_order() {
        let (_folder, file) = log();
        let ended = run(&sh("echo one; echo two >&2; echo three; exit 3"), &file, false).unwrap();
        assert_eq!(ended.output, "one\ntwo\nthree\n");
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
        assert!(fs::read_to_string(file).unwrap().starts_with("$ cd / && sh -c 'echo one;"));
    }

    #[test]
    fn the_deadline_ends_grandchildren_too() {
        let (_folder, file) = log();
        let ended = run(&sh("sleep 600 & echo $!; wait").limit_secs(1), &file, false).unwrap();
        assert!(ended.status.is_none());
        assert_gone(&ended.output);
    }

    #[test]
    fn what_a_command_leaves_behind_is_ended() {
        let (_folder, file) = log();
        let ended = run(&sh("sleep 600 & echo $!"), &file, false).unwrap();
        assert!(ended.status.is_some_and(|status| status.success()));
        assert_gone(&ended.output);
    }

    /// Waits until `pid` has ended; it may stay as a zombie until its new parent has waited for it.
    fn assert_gone(pid: &str) {
        let stat = format!("/proc/{}/stat", pid.trim());
        let start = Instant::now();
        loop {
            let state = fs::read_to_string(&stat).unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "still there: {state}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_missing_program_is_named() {
        let (_folder, file) = log();
        let error = run(&Cmd::new(Path::new("/"), "no-such-program"), &file, false).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program`");
    }

    #[test]
    fn brief_leaves_out_known_folders() {
        let cmd = Cmd::new(Path::new("/repo/nvim/"), "/cache/bin/node").args(["/repo/nvim/a.mjs", "-x"]);
        assert_eq!(cmd.brief(), "node a.mjs -x");
    }

    #[test]
    fn shown_quotes_what_a_shell_would_split() {
        assert_eq!(sh("a b").arg("it's").shown(), r"sh -c 'a b' 'it'\''s'");
    }
}
