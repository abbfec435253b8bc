//! The archive under everything that happens to files: kills, flipped bytes, cut tails, full disks, second writers.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use model::Timestamp;
use tempfile::TempDir;

use crate::{Archive, Error, Settings, read};

const HOUR: Duration = Duration::from_secs(3_600);
/// After every time that these tests write, and after the files are changed.
const NOW: Timestamp = Timestamp(1_800_000_000_000_000_000);

fn settings(folder: &Path) -> Settings {
    let max_age = HOUR * 24 * 365 * 50;
    Settings { folder: folder.join("spans"), max_bytes: 64 * 1024 * 1024, max_age, now: NOW }
}

fn append_all(settings: &Settings, frames: &[&[u8]]) {
    let (mut archive, _) = Archive::open(settings).unwrap();
    for (place, frame) in frames.iter().enumerate() {
        archive.append(frame, NOW.plus(Duration::from_secs(place as u64))).unwrap();
    }
    archive.close().unwrap();
}

fn contents(settings: &Settings) -> Vec<Vec<u8>> {
    read(settings).unwrap().map(|frame| frame.bytes).collect()
}

fn segments(settings: &Settings) -> Vec<PathBuf> {
    let entries = fs::read_dir(&settings.folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    paths.sort();
    paths
}

fn quarantined(settings: &Settings) -> usize {
    fs::read_dir(settings.folder.join("quarantine")).map_or(0, Iterator::count)
}

/// Says that something was not tested, past the harness, which swallows what passing tests print.
fn skipped(reason: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {reason}\n").as_bytes());
}

/// Bytes that packing cannot make fewer.
fn scramble(bytes: &mut [u8], seed: u32) {
    let mut state = u64::from(seed) | 1 << 40;
    for byte in bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (state >> 33) as u8;
    }
}

#[test]
fn frames_are_packed_and_come_back_as_they_were() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    let alike = b"service.name=shop;".repeat(1_000);
    let mut random = vec![0; 10_000];
    scramble(&mut random, 7);
    append_all(&settings, &[&alike, &random, b"short"]);
    let on_disk = fs::metadata(&segments(&settings)[0]).unwrap().len();
    assert!(on_disk < 12_000, "{on_disk} bytes for 28,000");
    assert_eq!(contents(&settings), [&alike[..], &random, b"short"]);
}

#[test]
fn a_segment_of_the_version_before_is_read() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"of old"]);
    let path = segments(&settings).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[7] = 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(contents(&settings), [b"of old"]);
}

#[test]
fn only_the_newest_segments_are_read_for_who_has_no_room() {
    let folder = TempDir::new().unwrap();
    let settings = Settings { max_bytes: 1024 * 1024, ..settings(folder.path()) };
    let (mut archive, _) = Archive::open(&settings).unwrap();
    for number in 0_u32..300 {
        let mut frame = number.to_le_bytes().to_vec();
        frame.resize(1_000, 0);
        scramble(&mut frame[4..], number);
        archive.append(&frame, NOW).unwrap();
    }
    drop(archive);
    let (_archive, frames) = Archive::open(&settings).unwrap();
    let kept: Vec<u32> = frames
        .newest(150_000)
        .map(|frame| u32::from_le_bytes(frame.bytes[..4].try_into().unwrap()))
        .collect();
    assert!((100..=150).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept, ((300 - kept.len() as u32)..300).collect::<Vec<_>>());
}

#[test]
fn frames_come_back_in_order_over_several_openings() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"one", b"", b"three"]);
    append_all(&settings, &[b"four"]);
    let (_archive, frames) = Archive::open(&settings).unwrap();
    let frames: Vec<_> = frames.collect();
    let bytes: Vec<&[u8]> = frames.iter().map(|frame| &frame.bytes[..]).collect();
    assert_eq!(bytes, [&b"one"[..], b"", b"three", b"four"]);
    assert_eq!(frames[2].time, NOW.plus(Duration::from_secs(2)));
}

#[test]
fn an_archive_that_is_not_there_is_empty() {
    let folder = TempDir::new().unwrap();
    assert!(contents(&settings(folder.path())).is_empty());
    let (archive, frames) = Archive::open(&settings(folder.path())).unwrap();
    assert_eq!((frames.count(), archive.bytes()), (0, 0));
}

#[test]
fn a_second_writer_is_refused_and_may_read() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    let (mut first, _) = Archive::open(&settings).unwrap();
    first.append(b"seen at once", NOW).unwrap();
    assert!(matches!(Archive::open(&settings), Err(Error::InUse { .. })));
    assert_eq!(contents(&settings), [b"seen at once"]);
    drop(first);
    assert!(Archive::open(&settings).is_ok());
}

#[test]
fn every_flipped_byte_costs_one_frame_at_most() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    let packed = b"a frame that is worth packing ".repeat(40);
    let all: [&[u8]; 5] = [b"the first", b"the second", b"", &packed, b"the last"];
    append_all(&settings, &all);
    let [path] = &segments(&settings)[..] else { panic!("one segment was expected") };
    let golden = fs::read(path).unwrap();
    for at in 0..golden.len() {
        for bit in [0, 3, 7] {
            let mut bytes = golden.clone();
            bytes[at] ^= 1 << bit;
            fs::write(path, &bytes).unwrap();
            let mut frames = read(&settings).unwrap();
            let found: Vec<Vec<u8>> = frames.by_ref().map(|frame| frame.bytes).collect();
            if at < crate::segment::HEADER.len() {
                assert_eq!((found.len(), frames.report().damaged_files), (0, 1), "byte {at}");
                continue;
            }
            let whole = all.iter().filter(|frame| found.iter().any(|one| one == *frame)).count();
            assert_eq!(found.len(), whole, "byte {at}, bit {bit}: a frame was made up");
            assert_eq!(whole, all.len() - 1, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn marks_inside_a_payload_do_not_make_the_search_endless() {
    let mut payload = Vec::new();
    crate::segment::write_frame(&mut payload, b"", NOW);
    // A frame's head that claims a great length and has a wrong checksum, over and over.
    payload[4..8].copy_from_slice(&(8_u32 << 20).to_le_bytes());
    let payload = payload.repeat(500_000);
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"before", &payload]);
    let path = segments(&settings).into_iter().next_back().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(contents(&settings), [b"before"]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn damage_is_mended_and_put_aside_once() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"good", b"bad", b"good too"]);
    let path = segments(&settings).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(3).position(|window| window == b"bad").unwrap();
    bytes[at] = b'x';
    fs::write(&path, &bytes).unwrap();
    for round in 0..2 {
        let (_archive, mut frames) = Archive::open(&settings).unwrap();
        let found: Vec<Vec<u8>> = frames.by_ref().map(|frame| frame.bytes).collect();
        assert_eq!(found, [&b"good"[..], b"good too"]);
        assert_eq!(frames.report().damaged_files, u64::from(round == 0));
    }
    assert_eq!(quarantined(&settings), 1);
    let aside = fs::read_dir(settings.folder.join("quarantine")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read(aside).unwrap(), bytes);
}

#[test]
fn a_file_of_another_version_is_put_aside_whole() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"kept"]);
    let foreign = settings.folder.join(crate::frames::name(7, NOW));
    fs::write(&foreign, b"SPGLASS\x03 from the future").unwrap();
    let (_archive, frames) = Archive::open(&settings).unwrap();
    assert_eq!(frames.map(|frame| frame.bytes).collect::<Vec<_>>(), [b"kept"]);
    assert!(!foreign.exists());
    assert_eq!(quarantined(&settings), 1);
}

#[test]
fn a_cut_tail_costs_only_itself() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    append_all(&settings, &[b"whole", b"cut off"]);
    let path = segments(&settings).remove(0);
    let golden = fs::read(&path).unwrap();
    let first_end = golden.len() - b"cut off".len() - crate::segment::FRAME_OVERHEAD;
    for length in 0..golden.len() {
        fs::write(&path, &golden[..length]).unwrap();
        let mut frames = read(&settings).unwrap();
        let found = frames.by_ref().count();
        assert_eq!(found, usize::from(length >= first_end), "{length}");
        assert_eq!(frames.report().damaged_files, 0, "{length}: a torn tail is no damage");
    }
    append_all(&settings, &[b"after"]);
    assert_eq!(contents(&settings), [&b"whole"[..], b"after"]);
    assert_eq!(quarantined(&settings), 0);
}

#[test]
fn the_oldest_segments_leave_when_there_are_too_many_bytes() {
    let folder = TempDir::new().unwrap();
    let settings = Settings { max_bytes: 1024 * 1024, ..settings(folder.path()) };
    let (mut archive, _) = Archive::open(&settings).unwrap();
    for number in 0_u32..3_000 {
        let mut frame = number.to_le_bytes().to_vec();
        frame.resize(1_000, 0);
        scramble(&mut frame[4..], number);
        archive.append(&frame, NOW).unwrap();
        assert!(archive.bytes() <= settings.max_bytes, "{} bytes after {number}", archive.bytes());
    }
    let on_disk: u64 = segments(&settings).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!(on_disk, archive.bytes());
    let kept: Vec<u32> =
        contents(&settings).iter().map(|frame| u32::from_le_bytes(frame[..4].try_into().unwrap())).collect();
    assert!(kept.len() > 800, "only {} are left", kept.len());
    assert_eq!(kept, ((3_000 - kept.len() as u32)..3_000).collect::<Vec<_>>());
}

#[test]
fn old_frames_leave_with_time() {
    let folder = TempDir::new().unwrap();
    // Files carry the real time of their last change, so this test lives in the present.
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = Timestamp(since.as_nanos() as u64);
    let settings = Settings { max_age: HOUR, now: start, ..settings(folder.path()) };
    let (mut archive, _) = Archive::open(&settings).unwrap();
    for minute in 0..180 {
        archive.append(format!("{minute}").as_bytes(), start.plus(Duration::from_secs(60 * minute))).unwrap();
    }
    let oldest: u64 = String::from_utf8(contents(&settings)[0].clone()).unwrap().parse().unwrap();
    assert!((180 - 60 - 16..=180 - 60).contains(&oldest), "the oldest frame is of minute {oldest}");
    let later = Settings { now: start.plus(Duration::from_secs(60 * 230)), ..settings.clone() };
    assert_eq!(contents(&later).len(), 10, "frames are told apart by their own time when reading");
    archive.expire(start.plus(HOUR * 10));
    assert_eq!(segments(&settings).len(), 1, "only the segment that is written to is left");
    drop(archive);
    let much_later = Settings { now: start.plus(HOUR * 24), ..settings };
    Archive::open(&much_later).unwrap();
    assert!(segments(&much_later).is_empty());
}

#[test]
fn what_is_unsynced_is_handed_out_once() {
    let folder = TempDir::new().unwrap();
    let (mut archive, _) = Archive::open(&settings(folder.path())).unwrap();
    assert!(archive.unsynced().is_none());
    archive.append(b"one", NOW).unwrap();
    let unsynced = archive.unsynced().unwrap();
    archive.append(b"meanwhile", NOW).unwrap();
    unsynced.sync().unwrap();
    archive.unsynced().unwrap().sync().unwrap();
    assert!(archive.unsynced().is_none());
}

#[test]
fn too_large_a_frame_is_refused_and_others_are_taken() {
    let folder = TempDir::new().unwrap();
    let (mut archive, _) = Archive::open(&settings(folder.path())).unwrap();
    let large = vec![0; crate::segment::MOST_PAYLOAD + 1];
    assert!(matches!(archive.append(&large, NOW), Err(Error::TooLarge { .. })));
    archive.append(b"small", NOW).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    fs::create_dir(&settings.folder).unwrap();
    fs::set_permissions(&settings.folder, fs::Permissions::from_mode(0o755)).unwrap();
    append_all(&settings, &[b"secret"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&settings.folder), 0o700);
    for entry in fs::read_dir(&settings.folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

/// Runs this test binary again as `role`, on `folder`.
fn child(role: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("tests::{role}"), "--nocapture"]).env("SPANGLASS_ARCHIVE", folder);
    command
}

fn payload(number: u32) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize(100 + (number as usize * 37) % 4_000, number as u8);
    bytes
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = TempDir::new().unwrap();
    let settings = Settings { max_bytes: 1 << 30, ..settings(folder.path()) };
    let mut acknowledged = 0_u32;
    for round in 0_u32..20 {
        let mut writer = child("endless_writer", folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        // Another moment each round, from the very first frame on.
        let enough = acknowledged + 1 + round * round * 3;
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("kept ") {
                acknowledged = number.parse().unwrap();
                if acknowledged >= enough {
                    break;
                }
            }
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            // What was acknowledged before the signal arrived counts too; the last line may be torn itself.
            let number = line.strip_prefix("kept ").and_then(|number| number.parse().ok());
            acknowledged = acknowledged.max(number.unwrap_or(0));
        }
        let mut frames = read(&settings).unwrap();
        let mut next = 1;
        for frame in frames.by_ref() {
            assert_eq!(frame.bytes, payload(next), "round {round}");
            next += 1;
        }
        assert!(
            next > acknowledged,
            "round {round}: {acknowledged} were acknowledged, {} are there",
            next - 1
        );
        assert_eq!(frames.report().damaged_files, 0);
        acknowledged = next - 1;
    }
    assert!(acknowledged > 1_000, "only {acknowledged} frames were written");
}

/// The child's part: goes on where the last one ended, and says what was kept.
#[test]
fn endless_writer() {
    let Some(folder) = std::env::var_os("SPANGLASS_ARCHIVE") else { return };
    let settings = Settings { max_bytes: 1 << 30, ..settings(Path::new(&folder)) };
    let (mut archive, frames) = Archive::open(&settings).unwrap();
    let first = frames.count() as u32 + 1;
    let mut out = std::io::stdout();
    for number in first.. {
        archive.append(&payload(number), NOW).unwrap();
        writeln!(out, "kept {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_full_disk_is_told_and_the_archive_stays_whole() {
    if !cfg!(unix) {
        return skipped("a limit on file sizes stands for a full disk, which only Unix has");
    }
    let folder = TempDir::new().unwrap();
    let writer = child("writer_without_room", folder.path());
    // The shell's limit counts in blocks of 512 or 1,024 bytes; the signal for going over it is ignored, so that the
    // write fails as it does on a full disk.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]).arg(writer.get_program());
    let output = limited.args(writer.get_args()).env("SPANGLASS_ARCHIVE", folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let kept = text.lines().find_map(|line| line.strip_prefix("full after ")?.parse::<usize>().ok());
    let kept = kept.unwrap_or_else(|| panic!("the child did not run out of room:\n{text}"));
    assert!(kept > 10);
    let mut frames = read(&settings(folder.path())).unwrap();
    assert_eq!(frames.by_ref().count(), kept);
    let report = frames.report();
    assert_eq!((report.damaged_files, report.torn_tails), (0, 0), "half a frame was left behind");
}

/// The child's part.
#[test]
fn writer_without_room() {
    let Some(folder) = std::env::var_os("SPANGLASS_ARCHIVE") else { return };
    let (mut archive, _) = Archive::open(&settings(Path::new(&folder))).unwrap();
    let mut kept = 0;
    loop {
        let mut frame = [7; 999];
        scramble(&mut frame, kept as u32);
        match archive.append(&frame, NOW) {
            Ok(()) => kept += 1,
            Err(Error::Full { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    // It goes on failing in the same way, and harms nothing.
    let mut frame = [7; 999];
    scramble(&mut frame, 0);
    assert!(matches!(archive.append(&frame, NOW), Err(Error::Full { .. })));
    std::io::stdout().write_all(format!("\nfull after {kept}\n").as_bytes()).unwrap();
}

/// A real full disk: the folder that `SPANGLASS_SMALL_DISK` names on a file system of a few megabytes, else a `tmpfs`
/// in a namespace of its own, which root may mount, and elsewhere most users.
#[test]
fn room_that_comes_back_is_used() {
    if let Some(disk) = std::env::var_os("SPANGLASS_SMALL_DISK") {
        return fill_a_disk(Path::new(&disk));
    }
    let folder = TempDir::new().unwrap();
    let inner = child("room_on_a_small_disk", folder.path());
    let mount = "mount -t tmpfs -o size=4m tmpfs \"$SPANGLASS_ARCHIVE\" || exit 77; exec \"$0\" \"$@\"";
    for how in [&["--mount"][..], &["--user", "--map-root-user", "--mount"]] {
        let mut outer = Command::new("unshare");
        outer.args(how).args(["sh", "-c", mount]).arg(inner.get_program()).args(inner.get_args());
        let Ok(output) = outer.env("SPANGLASS_ARCHIVE", folder.path()).output() else {
            return skipped(
                "there is no unshare, so no real disk was filled; SPANGLASS_SMALL_DISK can name one",
            );
        };
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            assert!(text.contains("filled a disk"), "{text}");
            return;
        }
        assert!(output.status.code() != Some(101), "{text}");
    }
    skipped("no file system can be mounted, so no real disk was filled; SPANGLASS_SMALL_DISK can name one");
}

/// The child's part.
#[test]
fn room_on_a_small_disk() {
    let Some(folder) = std::env::var_os("SPANGLASS_ARCHIVE") else { return };
    fill_a_disk(Path::new(&folder));
    std::io::stdout().write_all(b"\nfilled a disk\n").unwrap();
}

fn fill_a_disk(disk: &Path) {
    let folder = TempDir::new_in(disk).unwrap();
    let settings = settings(folder.path());
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![1; 512 * 1024]).unwrap();
    let (mut archive, _) = Archive::open(&settings).unwrap();
    let mut kept = 0_usize;
    let mut fill = |archive: &mut Archive| {
        loop {
            let mut frame = [7; 9_999];
            scramble(&mut frame, kept as u32);
            match archive.append(&frame, NOW) {
                Ok(()) => kept += 1,
                Err(Error::Full { .. }) => return kept,
                Err(other) => panic!("{other}"),
            }
        }
    };
    let before = fill(&mut archive);
    fs::remove_file(&ballast).unwrap();
    let after = fill(&mut archive);
    assert!(after >= before + 40, "{before} frames before there was room, {after} after");
    let mut frames = read(&settings).unwrap();
    assert_eq!(frames.by_ref().count(), after);
    assert_eq!((frames.report().damaged_files, frames.report().torn_tails), (0, 0));
}
