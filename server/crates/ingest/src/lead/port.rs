//! Why a port cannot be had, and who has it.

use std::{io, net::SocketAddr};

/// One clause: what keeps `address` from being listened on, naming the program that holds it where that can be seen.
pub(super) async fn why_not(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let port = address.port();
            let holder = tokio::task::spawn_blocking(move || holder(port)).await.ok().flatten();
            format!("{address} is in use by {}", holder.unwrap_or_else(|| usual_holder(port).to_owned()))
        }
        io::ErrorKind::PermissionDenied => format!("this user may not listen on {address}"),
        io::ErrorKind::AddrNotAvailable => format!("{} is no address of this machine", address.ip()),
        _ => format!("{address} cannot be listened on ({error})"),
    }
}

/// Who usually listens there, when it cannot be seen.
fn usual_holder(port: u16) -> &'static str {
    match port {
        4317 | 4318 => {
            "another program (an OpenTelemetry Collector, Jaeger, Grafana Alloy or a container of one listens there by \
             default)"
        }
        _ => "another program",
    }
}

/// The process that listens on `port`, as `name (process 4711)`; `None` where that cannot be read.
#[cfg(target_os = "linux")]
fn holder(port: u16) -> Option<String> {
    let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| listening_inodes(&table, port))
        .collect();
    let sockets: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let holds = files
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()));
        if holds {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(described(name.trim(), pid));
        }
    }
    // It is there, and no process of ours: another user's, or in another container.
    (!inodes.is_empty()).then(|| format!("{} of another user", usual_holder(port)))
}

#[cfg(not(target_os = "linux"))]
fn holder(_port: u16) -> Option<String> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn described(name: &str, pid: u32) -> String {
    match name {
        "docker-proxy" | "rootlessport" | "slirp4netns" | "pasta" => {
            format!("a container whose port is published here ({name}, process {pid})")
        }
        "spanglass" => format!("Spanglass with another data folder (process {pid})"),
        "" => format!("process {pid}"),
        // A name is what the program says of itself: kept short, letters only.
        _ => format!(
            "{} (process {pid})",
            name.chars().filter(|letter| !letter.is_control()).take(32).collect::<String>()
        ),
    }
}

/// Inodes of the sockets that listen on `port`, from the text of `/proc/net/tcp` (Linux `proc_net_tcp`): the local
/// address is the second word, the state the fourth (`0A` is listening), the inode the tenth.
#[cfg(any(target_os = "linux", test))]
fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
    let local_end = format!(":{port:04X}");
    let mut inodes = Vec::new();
    for line in table.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if let [_, local, _, "0A", _, _, _, _, _, inode, ..] = words[..]
            && local.ends_with(&local_end)
        {
            inodes.extend(inode.parse::<u64>().ok());
        }
    }
    inodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_found_in_the_kernels_table() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:10DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 51966 1 0 100 0 0 10 0
   1: 0100007F:10DE 0100007F:A3F2 01 00000000:00000000 00:00000000 00000000  1000        0 51967 1 0 20 4 30 10 -1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0
 garbage";
        assert_eq!(listening_inodes(table, 4318), [51966]);
        assert_eq!(listening_inodes(table, 8080), [77]);
        assert_eq!(listening_inodes(table, 1), [0; 0]);
    }

    #[test]
    fn names_are_words_for_people() {
        assert_eq!(described("otelcol", 7), "otelcol (process 7)");
        assert_eq!(
            described("docker-proxy", 7),
            "a container whose port is published here (docker-proxy, process 7)"
        );
        assert_eq!(described("", 7), "process 7");
        assert_eq!(described("a\u{1b}[31m", 7), "a[31m (process 7)");
    }
}
