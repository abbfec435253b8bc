//! A real Zipkin server: its executable jar through Maven, and a Java to run it.
//!
//! `QUERY_PORT=PORT STORAGE_TYPE=mem $SPANGLASS_JAVA -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar
//! $SPANGLASS_ZIPKIN_JAR` answers `GET /health` with 200 after some seven seconds and holds about 220 MB.

use std::path::PathBuf;

use super::{Lack, Tool, Toolbox, apt};
use crate::process::{Cmd, find_program};

const VERSION: &str = "3.6.1";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy";
const OLDEST_JAVA: u32 = 17;

/// `java`, 17 or later.
pub(super) fn ensure_java(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    if find_program("java").is_none() {
        apt::install(toolbox, "java", &["default-jre-headless"])?;
    }
    let Some(java) = find_program("java") else {
        return Err(Lack::Broken("apt-get installed Java, but PATH has none".to_owned()));
    };
    let output = std::process::Command::new(&java).arg("-version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    match major(&said) {
        Some(major) if major >= OLDEST_JAVA => Ok(java),
        Some(major) => {
            Err(Lack::Unavailable(format!("Java is {major} here and Zipkin needs {OLDEST_JAVA} or later")))
        }
        None => {
            Err(Lack::Unavailable(format!("`{} -version` names no version: {}", java.display(), said.trim())))
        }
    }
}

/// The server's jar.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    toolbox.get(Tool::Java)?;
    if !toolbox.cache.has("zipkin-server", VERSION, VERSION) && find_program("mvn").is_none() {
        apt::install(toolbox, "mvn", &["maven"])?;
    }
    let jar = format!("zipkin-server-{VERSION}-exec.jar");
    let folder = toolbox.install("zipkin-server", VERSION, VERSION, |folder, shell| {
        let maven = Cmd::new(folder, "mvn").args(["--batch-mode", "--quiet", COPY]);
        let maven = maven.arg(format!("-Dartifact=io.zipkin:zipkin-server:{VERSION}:jar:exec"));
        shell.run(maven.arg(format!("-DoutputDirectory={}", folder.display())))?;
        anyhow::ensure!(folder.join(&jar).is_file(), "Maven ended well but left no {jar}");
        Ok(())
    })?;
    Ok(folder.join(jar))
}

/// The major version in what `java -version` writes: 8 for `"1.8.0_402"`, 17 for `"17.0.15"`.
fn major(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    version.trim_start_matches("1.").split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn java_versions() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(major("java version \"1.8.0_402\""), Some(8));
        assert_eq!(major("openjdk version \"25\" 2025-09-16"), Some(25));
        assert_eq!(major("command not found"), None);
    }
}
