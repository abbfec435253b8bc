//! Watches the editor's process, so that the server does not outlive an editor that crashed with its pipes held open by
//! somebody else.

use std::time::Duration;

use crate::stop::Stop;

/// Between two looks: short enough for a person, long enough to cost nothing.
const INTERVAL: Duration = Duration::from_secs(3);

/// Stops the session when the process `pid` is gone. Returns at once when that process cannot be seen from here, for
/// example from within a container, or on a system where looking is not possible without unsafe code.
pub(crate) async fn watch(pid: u32, stop: Stop) {
    let Some(at_start) = Seen::look(pid) else {
        tracing::info!(pid, "the editor's process cannot be seen from here and is not watched");
        return;
    };
    loop {
        tokio::time::sleep(INTERVAL).await;
        if Seen::look(pid).as_ref() != Some(&at_start) {
            stop.ask("the editor's process is gone");
            return;
        }
    }
}

/// What tells a process from another one that got its number later.
#[derive(Debug, PartialEq)]
struct Seen(u64);

impl Seen {
    /// On Linux the time at which the process started (proc(5), `/proc/pid/stat`, field 22).
    #[cfg(target_os = "linux")]
    fn look(pid: u32) -> Option<Seen> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the name in parentheses, and may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        if matches!(fields.next(), Some("Z" | "X")) {
            return None;
        }
        fields.nth(18)?.parse().ok().map(Seen)
    }

    /// Elsewhere on Unix only our own parent can be seen: when it ends, we get another.
    #[cfg(all(unix, not(target_os = "linux")))]
    fn look(pid: u32) -> Option<Seen> {
        (std::os::unix::process::parent_id() == pid).then_some(Seen(0))
    }

    #[cfg(not(unix))]
    fn look(_pid: u32) -> Option<Seen> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_seen_while_it_lives() {
        assert!(Seen::look(std::process::id()).is_some());
        assert_eq!(Seen::look(u32::MAX), None);
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let seen = Seen::look(child.id());
        assert!(seen.is_some() && seen == Seen::look(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Seen::look(child.id()), None);
    }
}
