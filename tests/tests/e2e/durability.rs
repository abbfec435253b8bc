//! What was acknowledged is found again: after `kill -9` at any moment, over restarts, and while the disk is full.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use spanglass_tests::{
    free_port, http,
    server::{Host, run_in, until},
    skipped,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const TRACE: &str = "5b8efff798038103d269b633813fc60c";
/// Spans in one request.
const PER_REQUEST: u64 = 4;
/// Loops of kills that run side by side, each over data of its own.
const LOOPS: u64 = 4;

/// The request numbered `number`: spans whose identifiers follow from it.
fn body(number: u64, filling: &str) -> String {
    let span = |at: u64| {
        let id = number * PER_REQUEST + at + 1;
        format!(
            r#"{{"traceId":"{TRACE}","spanId":"{id:016x}","name":"work","startTimeUnixNano":"1","endTimeUnixNano":"2",
            "attributes":[{{"key":"filling","value":{{"stringValue":"{filling}"}}}}]}}"#
        )
    };
    let spans: Vec<String> = (0..PER_REQUEST).map(span).collect();
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","))
}

/// The identifiers of all spans that `spanglass export` finds, through a host or on disk.
fn found(folder: &Path) -> Vec<u64> {
    let output = run_in(folder, &folder.join("data"), &["export", TRACE]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split("\"spanId\":\"")
        .skip(1)
        .filter_map(|rest| u64::from_str_radix(rest.split('"').next()?, 16).ok())
        .collect()
}

#[test]
fn what_was_acknowledged_survives_two_hundred_kills() {
    let kills: u64 =
        std::env::var("SPANGLASS_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
    // Side by side, since a host that starts mostly waits; and each start reads only what its own loop has kept.
    thread::scope(|scope| {
        for part in 0..LOOPS {
            let rounds: Vec<u64> = (0..kills).filter(|round| round % LOOPS == part).collect();
            scope.spawn(move || kill_loop(&rounds));
        }
    });
}

/// Kills a host once in each of `rounds`, always over the same data; the number of a round decides its moment.
fn kill_loop(rounds: &[u64]) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = format!("127.0.0.1:{}", free_port());
    let next = AtomicU64::new(0);
    let (mut acknowledged, mut in_doubt) = (BTreeSet::new(), BTreeSet::new());
    let environment = [("SPANGLASS_ARCHIVE__MAX_AGE", "240d")];
    for (nth, round) in rounds.iter().enumerate() {
        let mut host = Host::start(folder.path(), &receiver, &environment);
        assert!(host.says.contains("hosting"), "round {round}: {}", host.says);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let senders: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut sent = Vec::new();
                        while !is_over.load(Relaxed) {
                            let number = next.fetch_add(1, Relaxed);
                            let status =
                                http::try_post(&receiver, "/v1/traces", &[JSON], body(number, "").as_bytes());
                            sent.push((number, status == Some(200)));
                        }
                        sent
                    })
                })
                .collect();
            // Another moment each round: within the first requests, or some twenty requests later. Longer would only
            // send more of the same.
            thread::sleep(Duration::from_micros(300 + round * 7_919 % 8_000));
            host.kill();
            is_over.store(true, Relaxed);
            for (number, is_taken) in senders.into_iter().flat_map(|sender| sender.join().unwrap()) {
                let spans = (1..=PER_REQUEST).map(|at| number * PER_REQUEST + at);
                if is_taken { acknowledged.extend(spans) } else { in_doubt.extend(spans) }
            }
        });
        if nth % 25 == 24 || nth + 1 == rounds.len() {
            let on_disk: BTreeSet<u64> = found(folder.path()).into_iter().collect();
            let lost: Vec<&u64> = acknowledged.difference(&on_disk).take(5).collect();
            assert!(lost.is_empty(), "round {round}: {lost:?} of {} are lost", acknowledged.len());
            let made_up = on_disk.difference(&acknowledged).find(|id| !in_doubt.contains(id));
            assert_eq!(made_up, None, "round {round}: never sent");
        }
    }
    assert!(acknowledged.len() > rounds.len(), "only {} spans were taken", acknowledged.len());
    // A host reads it back, and what is sent again is there once.
    let _host = Host::start(folder.path(), &receiver, &environment);
    let again = acknowledged.first().map_or(0, |id| (id - 1) / PER_REQUEST);
    assert_eq!(http::post(&receiver, "/v1/traces", &[JSON], body(again, "").as_bytes()).0, 200);
    let all = until("all that was acknowledged", || {
        let all = found(folder.path());
        let set: BTreeSet<u64> = all.iter().copied().collect();
        acknowledged.is_subset(&set).then_some(all)
    });
    let once: BTreeSet<&u64> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "a span is there twice");
}

/// A small file system of its own, in memory, is filled: the operating system refuses a write as on any full disk. The
/// test runs itself again behind the mount; where nothing may be mounted it says that it was skipped.
#[cfg(target_os = "linux")]
#[test]
fn without_room_spans_are_kept_in_memory_and_with_room_on_disk_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("data");
    std::fs::create_dir(&disk).unwrap();
    let inner = std::env::current_exe().unwrap();
    let mount = "mount -t tmpfs -o size=2m tmpfs \"$SPANGLASS_FOLDER/data\" || exit 77; exec \"$0\" \"$@\"";
    for how in [&["--mount"][..], &["--user", "--map-root-user", "--mount"]] {
        let mut outer = std::process::Command::new("unshare");
        outer.args(how).args(["sh", "-c", mount]).arg(&inner);
        outer.args(["--exact", "durability::on_a_small_disk", "--nocapture"]);
        let Ok(output) = outer.env("SPANGLASS_FOLDER", folder.path()).output() else { break };
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            assert!(text.contains("a disk was full"), "{text}");
            return;
        }
        assert!(output.status.code() != Some(101), "{text}");
    }
    skipped("durability", "no file system can be mounted, so no real disk was filled");
}

/// The child's part: all of `data` lies on a disk of two megabytes.
#[test]
fn on_a_small_disk() {
    let Some(folder) = std::env::var_os("SPANGLASS_FOLDER") else { return };
    let folder = Path::new(&folder);
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut host = Host::start(folder, &receiver, &[]);
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let post = |number: u64, filling: &str| {
        let (status, text) = http::post(&receiver, "/v1/traces", &[JSON], body(number, filling).as_bytes());
        assert_eq!(status, 200, "{text}");
    };
    let ballast = folder.join("data/ballast");
    std::fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let mut number = 0;
    // Nothing that packing can make small.
    let noise = |seed: u64| -> String {
        let mut state = seed + 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + (state >> 33) as u8 % 26)
        };
        (0..8_000).map(|_| next()).collect()
    };
    while !log().contains("memory only") {
        assert!(number < 500, "the disk is never full:\n{}", log());
        post(number, &noise(number));
        number += 1;
    }
    for _ in 0..20 {
        post(number, &noise(number));
        number += 1;
    }
    assert_eq!(log().matches("memory only").count(), 1, "{}", log());
    let in_memory = until("what is in memory only", || {
        let all = found(folder);
        (all.len() as u64 >= number * PER_REQUEST).then_some(all)
    });
    std::fs::remove_file(&ballast).unwrap();
    until("the disk in use again", || {
        post(number, "small");
        number += 1;
        log().contains("on disk again").then_some(())
    });
    host.kill();
    let kept = found(folder);
    let last: Vec<u64> = (1..=PER_REQUEST).map(|at| (number - 1) * PER_REQUEST + at).collect();
    assert!(last.iter().all(|id| kept.contains(id)), "what came after there was room is lost");
    assert!(kept.len() < in_memory.len(), "the disk was never full");
    use std::io::Write as _;
    std::io::stdout().write_all(b"\na disk was full\n").unwrap();
}
