//! Chromium without a window, told what to do over its debugging pipe: two FIFOs, JSON that ends in zero bytes.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Ends with its value.
pub(crate) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    last: u64,
    /// What pages have complained of.
    pub(crate) complaints: Vec<String>,
    _folder: tempfile::TempDir,
}

/// One page.
#[derive(Debug, Clone)]
pub(crate) struct Tab(String);

impl Browser {
    /// Starts it, or says why the test is skipped.
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub(crate) fn start() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let there =
            |name: &&str| std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|f| f.join(name).is_file());
        let Some(name) = names.into_iter().find(there) else {
            eprintln!("skipped: chromium is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (orders, answers) = (path("orders"), path("answers"));
        assert!(Command::new("mkfifo").args([&orders, &answers]).status().unwrap().success());
        let line = format!(
            "exec {name} --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir={} \
             --remote-debugging-pipe 3<{orders} 4>{answers}",
            path("profile")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own group, so that its children end with it.
        let child = command.env("HOME", folder.path()).process_group(0).spawn().unwrap();
        let to = OpenOptions::new().write(true).open(&orders).unwrap();
        let from = BufReader::new(File::open(&answers).unwrap());
        Some(Self { child, to, from, last: 0, complaints: Vec::new(), _folder: folder })
    }

    fn call(&mut self, method: &str, params: Value, tab: Option<&Tab>) -> Value {
        self.last += 1;
        let mut order = json!({ "id": self.last, "method": method, "params": params });
        if let Some(tab) = tab {
            order["sessionId"] = json!(tab.0);
        }
        self.to.write_all(format!("{order}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser has ended");
            let said: Value = serde_json::from_slice(&bytes).unwrap();
            if said["id"] == json!(self.last) {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].clone();
            }
            // An answer that refuses is no fault of the page.
            let entry = &said["params"]["entry"];
            let wrong = entry["level"] == "error" && entry["source"] != "network";
            if said["method"] == "Runtime.exceptionThrown" || wrong {
                self.complaints.push(said["params"].to_string());
            }
        }
    }

    pub(crate) fn open(&mut self, address: &str) -> Tab {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank", "newWindow": true }), None);
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", attach, None);
        let tab = Tab(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
            self.call(domain, json!({}), Some(&tab));
        }
        self.call("Page.navigate", json!({ "url": address }), Some(&tab));
        tab
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&mut self, tab: &Tab, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params, Some(tab));
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    pub(crate) fn until(&mut self, tab: &Tab, expression: &str) {
        let begun = Instant::now();
        while self.value(tab, expression) != json!(true) {
            assert!(begun.elapsed() < Duration::from_secs(60), "never {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses a key in the page.
    pub(crate) fn press(&mut self, tab: &Tab, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let params = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", params, Some(tab));
        }
    }

    /// A PNG, in base64, of a page of that size, light or dark.
    pub(crate) fn picture(&mut self, tab: &Tab, size: (u32, u32), scheme: &str) -> String {
        let metrics = json!({ "width": size.0, "height": size.1, "deviceScaleFactor": 1, "mobile": size.0 < 500 });
        self.call("Emulation.setDeviceMetricsOverride", metrics, Some(tab));
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media, Some(tab));
        std::thread::sleep(Duration::from_millis(500));
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }), Some(tab));
        picture["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}
