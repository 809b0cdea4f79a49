//! A real browser that tests drive as a person would: Chromium over its pipe (Chrome `DevTools` Protocol).

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) const CHROMIUM: &str = "/usr/bin/chromium";

/// Whether there is no browser here; said once, where a test goes without.
pub(crate) fn is_missing() -> bool {
    let missing = !Path::new(CHROMIUM).exists();
    if missing {
        println!("skipped: {CHROMIUM} is missing");
    }
    missing
}

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    orders: File,
    answers: BufReader<File>,
    session: String,
    next: u64,
    complaints: Vec<String>,
    /// Bytes that came over the line, headers and all, once it is counted.
    weight: f64,
    _home: tempfile::TempDir,
}

impl Browser {
    /// A browser whose page is as wide as a device.
    pub(crate) fn open(width: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (orders, answers) = (home.path().join("orders"), home.path().join("answers"));
        let made = Command::new("mkfifo").arg(&orders).arg(&answers).status().unwrap();
        assert!(made.success());
        // The browser reads orders from its file 3 and writes answers to its file 4.
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$ORDERS\" 4>\"$ANSWERS\"", CHROMIUM])
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"])
            .args(["--ignore-certificate-errors", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", home.path().join("profile").display()))
            .env("ORDERS", &orders)
            .env("ANSWERS", &answers)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = File::options().write(true).open(orders).unwrap();
        let answers = BufReader::new(File::open(answers).unwrap());
        let mut browser = Self {
            child,
            orders,
            answers,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            weight: 0.0,
            _home: home,
        };
        let page = browser.order("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = browser.order(
            "Target.attachToTarget",
            &json!({ "targetId": page["targetId"], "flatten": true }),
        );
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.order(domain, &json!({}));
        }
        browser.be_wide(width);
        browser
    }

    /// Makes the page as wide as a device: a phone under 500.
    pub(crate) fn be_wide(&mut self, width: u32) {
        let metrics = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.order("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Shows the pages as one who has chosen the dark theme sees them.
    pub(crate) fn be_dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.order("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Has the browser on a slow line (400 kilobits a second, and 400 ms for each journey, as "slow 3G" is tried commonly),
    /// with nothing kept of former visits; what comes over the line is counted.
    pub(crate) fn be_slow(&mut self) {
        self.order("Network.enable", &json!({}));
        self.order("Network.setCacheDisabled", &json!({ "cacheDisabled": true }));
        let line = json!({
            "offline": false, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000,
        });
        self.order("Network.emulateNetworkConditions", &line);
    }

    /// How many bytes came since it was asked last.
    pub(crate) fn weight(&mut self) -> f64 {
        self.run("0");
        std::mem::take(&mut self.weight)
    }

    /// Goes to an address, and waits until its page is there.
    pub(crate) fn go(&mut self, address: &str) {
        self.order("Page.navigate", &json!({ "url": address }));
        self.wait_for("Page.loadEventFired");
    }

    /// Clicks on what a selector finds first, and waits for the page that it leads to.
    pub(crate) fn click(&mut self, selector: &str) {
        let script = format!("document.querySelector({}).click()", json!(selector));
        self.run(&script);
        self.wait_for("Page.loadEventFired");
    }

    /// Fills in a field.
    pub(crate) fn fill(&mut self, selector: &str, value: &str) {
        let script = format!(
            "(() => {{ const field = document.querySelector({}); field.value = {}; \
             field.dispatchEvent(new Event('change', {{bubbles: true}})); }})()",
            json!(selector),
            json!(value)
        );
        self.run(&script);
    }

    /// Presses a key, as at a keyboard.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key });
            if key == "Enter" {
                event["text"] = json!("\r");
                event["windowsVirtualKeyCode"] = json!(13);
            } else if key == "Tab" {
                event["windowsVirtualKeyCode"] = json!(9);
            }
            self.order("Input.dispatchKeyEvent", &event);
        }
    }

    /// Presses Enter where the focus is, and waits for the page that it leads to.
    pub(crate) fn enter(&mut self) {
        self.press("Enter");
        self.wait_for("Page.loadEventFired");
    }

    /// What a script of the test's own answers on the page.
    pub(crate) fn run(&mut self, script: &str) -> Value {
        let asked = json!({
            "expression": script, "returnByValue": true, "awaitPromise": true,
        });
        let answer = self.order("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the page, as it is read.
    pub(crate) fn text(&mut self) -> String {
        self.run("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// What a script answers once it answers something; within ten seconds.
    pub(crate) fn until(&mut self, script: &str) -> String {
        for _ in 0..100 {
            let answer = self.run(script);
            if let Some(text) = answer.as_str().filter(|text| !text.is_empty()) {
                return text.to_owned();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("nothing answered: {script}");
    }

    /// The address of the page.
    pub(crate) fn address(&mut self) -> String {
        self.run("location.href").as_str().unwrap_or_default().to_owned()
    }

    /// By how much the page is wider than the device.
    pub(crate) fn sticks_out(&mut self) -> i64 {
        let script = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.run(script).as_i64().unwrap_or(-1)
    }

    /// A picture of the whole page.
    pub(crate) fn picture(&mut self, file: &Path) {
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let size = self.order("Page.getLayoutMetrics", &json!({}));
        let content = &size["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "width": content["width"], "height": content["height"], "scale": 1,
        });
        let mut asked = asked;
        asked["clip"] = clip;
        let taken = self.order("Page.captureScreenshot", &asked);
        let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// What the browser complained of since it was asked last: violated policies, broken scripts, failed loads.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.run("0");
        std::mem::take(&mut self.complaints)
    }

    fn order(&mut self, method: &str, with: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut order = json!({ "id": id, "method": method, "params": with });
        if !self.session.is_empty() {
            order["sessionId"] = json!(self.session);
        }
        let mut text = order.to_string().into_bytes();
        text.push(0);
        self.orders.write_all(&text).unwrap();
        loop {
            let told = self.told();
            if told["id"] == id {
                assert!(told.get("error").is_none(), "{method}: {told}");
                return told["result"].clone();
            }
            self.note(&told);
        }
    }

    fn wait_for(&mut self, event: &str) {
        loop {
            let told = self.told();
            if told["method"] == event {
                return;
            }
            self.note(&told);
        }
    }

    fn note(&mut self, told: &Value) {
        if told["method"] == "Network.loadingFinished" {
            self.weight += told["params"]["encodedDataLength"].as_f64().unwrap_or(0.0);
        }
        let complaint = match told["method"].as_str() {
            Some("Log.entryAdded") => &told["params"]["entry"],
            Some("Runtime.exceptionThrown") => &told["params"]["exceptionDetails"],
            _ => return,
        };
        self.complaints.push(complaint.to_string());
    }

    fn told(&mut self) -> Value {
        let mut text = Vec::new();
        self.answers.read_until(0, &mut text).unwrap();
        assert_eq!(text.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&text).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
