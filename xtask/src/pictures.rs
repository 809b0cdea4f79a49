//! `cargo xtask pictures`: the tour's pictures, taken from the running demonstration.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::commands::{cargo, program, root, run};
use crate::system;

const PORT: &str = "18443";

/// Each page and the picture of it.
const PAGES: [(&str, &str); 2] = [("/en/", "landing.png"), ("/en/api/", "api.png")];

/// Builds and starts the demonstration, waits until it is ready, takes the pictures and ends it.
///
/// # Errors
/// When there is no browser, or the demonstration does not start.
pub(crate) fn take() -> Result<(), String> {
    let browser = system::browser().ok_or("pictures need Chromium")?;
    if !run(cargo(&["build", "--release", "--locked", "--bin", "varanto"]))?.well {
        return Err("the program does not build".to_owned());
    }
    // The landing page shows the folder's path, so it is one that any machine could have.
    let folder = std::env::temp_dir().join("varanto-demo");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(told)?;
    }
    std::fs::create_dir_all(&folder).map_err(told)?;
    let demonstration = Demonstration::start(&folder)?;
    let base = demonstration.base(&folder.join("demo.json"))?;
    for (page, picture) in PAGES {
        photograph(browser, &format!("{base}{page}"), picture)?;
    }
    Ok(())
}

/// The running demonstration; it is ended when this is dropped.
struct Demonstration(Child);

impl Demonstration {
    fn start(folder: &Path) -> Result<Self, String> {
        let program = root().join("target/release/varanto");
        let mut command = Command::new(program);
        command.arg("demo").arg("--dir").arg(folder).args(["--port", PORT]).stdin(Stdio::null());
        command.spawn().map(Self).map_err(|error| format!("the demonstration: {error}"))
    }

    /// The base address, once everything is inside.
    fn base(&self, told_in: &Path) -> Result<String, String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(15) {
            if let Ok(text) = std::fs::read_to_string(told_in)
                && let Ok(told) = serde_json::from_str::<Value>(&text)
                && told["complete"] == true
                && let Some(base) = told["base"].as_str()
            {
                return Ok(base.trim_end_matches('/').to_owned());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Err(format!("the demonstration {} did not become ready", self.0.id()))
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        let told = run(program("kill", &[&self.0.id().to_string()]));
        if told.is_ok_and(|ended| ended.well) {
            let _ = self.0.wait();
        }
    }
}

fn photograph(browser: &str, address: &str, picture: &str) -> Result<(), String> {
    let file = root().join("docs/pictures").join(picture);
    let shot = format!("--screenshot={}", file.display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        // The demonstration's own certificate authority is not one that the browser knows.
        "--ignore-certificate-errors",
        "--window-size=1280,1600",
        "--virtual-time-budget=8000",
        &shot,
        address,
    ];
    std::fs::create_dir_all(root().join("docs/pictures")).map_err(|error| error.to_string())?;
    let ended = run(program(browser, &arguments))?;
    if ended.well && file.exists() { Ok(()) } else { Err(format!("no picture of {address}")) }
}
