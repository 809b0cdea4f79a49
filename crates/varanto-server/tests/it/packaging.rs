//! What is packaged for those who run the archive: it says what the program does. Source: OPS-1, OPS-3, OPS-4.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use varanto_server::config::Config;

use crate::house::{House, form};

fn packaged(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(packaged(name)).unwrap()
}

/// Every name of a figure that a text has.
fn figures_in(text: &str) -> BTreeSet<String> {
    let sign = |c: char| c.is_ascii_lowercase() || c == '_';
    let words = text.split(|c| !sign(c)).filter(|word| word.starts_with("varanto_"));
    words.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

/// OPS-1: the packaged configuration is one, of an archive on PostgreSQL that two servers keep.
#[test]
fn the_packaged_configuration_is_one() {
    let config = Config::read(&text("varanto.toml")).unwrap();
    assert!(config.store.url.contains(','), "several hosts");
    assert!(config.store.authority.is_some() && config.store.password_file.is_some());
}

/// OPS-1: systemd takes the packaged unit without a word, and what the pages show of it stands in it.
#[test]
fn systemd_takes_the_packaged_unit() {
    let unit = text("varanto.service");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("varanto.service");
    let here = unit.replace("/usr/local/bin/varanto", env!("CARGO_BIN_EXE_varanto"));
    std::fs::write(&file, here).unwrap();
    match Command::new("systemd-analyze").arg("verify").arg(&file).output() {
        Ok(told) => {
            let said = String::from_utf8_lossy(&told.stderr);
            let of_ours: Vec<&str> =
                said.lines().filter(|line| line.contains("varanto.service")).collect();
            assert_eq!(of_ours, Vec::<&str>::new());
        }
        Err(error) => println!("skipped: systemd-analyze: {error}"),
    }
}

/// OPS-4: every figure that the dashboard and the alerts name is served; those that need a backup folder, a population
/// register or a verification are set where these are.
#[tokio::test(flavor = "multi_thread")]
async fn every_figure_that_the_dashboard_names_is_served() {
    const WHERE_CONFIGURED: [(&str, &str); 5] = [
        ("varanto_backups_failed_total", include_str!("../../src/backups.rs")),
        ("varanto_backup_newest_timestamp_seconds", include_str!("../../src/backups.rs")),
        ("varanto_persons_due", include_str!("../../src/population_register.rs")),
        ("varanto_verified_timestamp_seconds", include_str!("../../src/operating.rs")),
        ("varanto_verify_damaged_places", include_str!("../../src/operating.rs")),
    ];
    let house = House::open();
    let mut line = house.system().connect().await.unwrap();
    line.post_form("/api/v1/documents", form(&house.made().remove(0))).await.unwrap();
    let mut served = figures_in(&line.get("/metrics").await.unwrap().text());
    for (name, source) in WHERE_CONFIGURED {
        assert!(source.contains(&format!("!(\"{name}\")")), "{name}");
        served.insert(name.to_owned());
    }
    let dashboard = text("monitoring/grafana-dashboard.json");
    let read: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(read["panels"].as_array().unwrap().len() >= 9);
    for (file, named) in [
        ("dashboard", figures_in(&dashboard)),
        ("alerts", figures_in(&text("monitoring/varanto-rules.yml"))),
    ] {
        assert!(named.len() > 4, "{file}: {named:?}");
        let unknown: Vec<&String> = named.difference(&served).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}
