//! Two `varanto serve` over one database of PostgreSQL, each a process of its own: one archive, whichever is asked, and
//! whichever is killed (OPS-1, OPS-2).

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_kit::county::{County, CountySize, Event, Made};
use varanto_kit::http::{Answer, Client};
use varanto_kit::oidc::Provider;
use varanto_kit::outside::Identities;
use varanto_kit::postgres;
use varanto_server::clock::MachineClock;
use varanto_server::login::way_back;

use crate::house::{form, provider};

/// The address that both servers are known by.
const BASE: &str = "https://archive.example.fi";

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A database with a county's registers, and what two servers need to be open over it.
pub(crate) struct Site {
    pub(crate) county: County,
    /// Where people log in; both servers know it.
    pub(crate) provider: Provider,
    home: tempfile::TempDir,
    database: postgres::Server,
    issuer: (std::net::TcpListener, Identities),
}

/// A server: its process, and where it listens. It goes with the test.
pub(crate) struct Serving {
    pub(crate) process: Child,
    address: SocketAddr,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn varanto(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varanto"));
    command.args(arguments).env_remove("VARANTO_CONFIG").env("LANG", "en_GB.UTF-8");
    command.output().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

impl Site {
    /// `None`, and said so, where PostgreSQL is not installed.
    pub(crate) fn make() -> Option<Self> {
        varanto_server::tls::install_cryptography();
        let database = match postgres::Server::start(false) {
            Err(error) if error.to_string().contains("not installed") => {
                println!("skipped: {error}");
                return None;
            }
            started => started.unwrap(),
        };
        let inside = CountySize { clients: 6, documents: 90 };
        let county = County::new(7, inside, FinnishDay::of(MachineClock.now()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("https://localhost:{}", port.local_addr().unwrap().port());
        let provider = provider(&county, &issuer, vec![way_back(BASE)]);
        let (home, identities) = (tempfile::tempdir().unwrap(), Identities::make().unwrap());
        let site = Self { county, provider, home, database, issuer: (port, identities) };
        std::fs::write(site.at("issuer.pem"), &site.issuer.1.authority).unwrap();
        std::fs::write(site.at("jwks.json"), site.provider.keys_json()).unwrap();
        let url = site.database.address(&site.database.create(None).unwrap());
        for name in ["one", "two"] {
            let config = format!(
                "data = '{}'\n[store]\nengine = 'postgres'\nurl = '{url}'\n\
                 [listen]\naddresses = ['127.0.0.1:0']\npublic_base = '{BASE}'\n\
                 [tokens]\nissuer = '{issuer}'\njwks_file = '{jwks}'\n\
                 [login]\nauthorization_address = '{issuer}/authorize'\n\
                 token_address = '{issuer}/token'\nauthority = '{authority}'\n\
                 [log]\nformat = 'json'\n",
                site.at(name).display(),
                jwks = site.at("jwks.json").display(),
                authority = site.at("issuer.pem").display(),
            );
            std::fs::write(site.config(name), config).unwrap();
        }
        let file = |name: &str, text: String| {
            let path = site.at(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let organisations = file("organisations.json", site.county.registers_json());
        let systems = file("systems.json", site.county.systems_json());
        let out = site.at("").display().to_string();
        let own = site.county.organisations()[0].id.to_string();
        for line in [
            &["organisations", "import", &organisations][..],
            &["systems", "import", &systems],
            &["certificates", "issue", "--system", "demo", "--organisation", &own, "--out", &out],
        ] {
            let done = site.varanto("one", line);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        for part in ["keys", "pki"] {
            copy(&site.at("one").join(part), &site.at("two").join(part));
        }
        Some(site)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn config(&self, name: &str) -> PathBuf {
        self.at(&format!("{name}.toml"))
    }

    pub(crate) fn varanto(&self, name: &str, line: &[&str]) -> std::process::Output {
        let config = self.config(name).display().to_string();
        varanto(&[&["--config", &config], line].concat())
    }

    pub(crate) fn serve(&self, name: &str) -> Serving {
        let mut process = Command::new(env!("CARGO_BIN_EXE_varanto"))
            .arg("--config")
            .arg(self.config(name))
            .arg("serve")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (told, heard) = std::sync::mpsc::channel();
        let name = name.to_owned();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let told_address = serde_json::from_str::<Value>(&line).ok().and_then(|line| {
                    let listens = line["message"] == "listening";
                    listens.then(|| line["address"].as_str()?.parse::<SocketAddr>().ok()).flatten()
                });
                match told_address {
                    Some(address) => drop(told.send(address)),
                    None => println!("{name}: {line}"),
                }
            }
        });
        let address = heard.recv_timeout(PATIENCE).expect("it listens");
        Serving { process, address }
    }

    /// The county's system, with its certificate, at one of the servers.
    pub(crate) fn system(&self, serving: &Serving) -> Client {
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        let (certificate, key) = (read(self.at("demo.pem")), read(self.at("demo.key")));
        let authority = read(self.at("one").join("pki/ca.pem"));
        let identity = Some((certificate.as_str(), key.as_str()));
        Client::with_identity(serving.address, "localhost", &authority, identity).unwrap()
    }

    /// Somebody who shows nothing, at one of the servers.
    pub(crate) fn stranger(&self, serving: &Serving) -> Client {
        let authority = std::fs::read_to_string(self.at("one").join("pki/ca.pem")).unwrap();
        Client::with_identity(serving.address, "localhost", &authority, None).unwrap()
    }

    /// The server of the database.
    pub(crate) fn database(&mut self) -> &mut postgres::Server {
        &mut self.database
    }

    /// Opens the login provider; answers who asks it.
    pub(crate) fn open_provider(&self) -> Client {
        let (port, identities) = &self.issuer;
        let address = port.local_addr().unwrap();
        self.provider.open(port.try_clone().unwrap(), identities).unwrap();
        Client::with_identity(address, "localhost", &identities.authority, None).unwrap()
    }

    /// What the county's own system archives about a client, in its order.
    pub(crate) fn made_of(&self, client: u32) -> Vec<Made> {
        let own = self.county.organisations()[0].id.clone();
        let made = self.county.events_of(client..client + 1).filter_map(|event| match event {
            Event::Archive(made) if made.sender == own => Some(made),
            _ => None,
        });
        made.collect()
    }
}

async fn content(at: &Client, made: &Made) -> Answer {
    let (part, _) = &made.parts[0];
    let path = format!("/api/v1/documents/{}/content/{}", made.document_id, part.name());
    at.get(&path).await.unwrap()
}

/// A figure that a server tells of itself.
async fn figure(at: &Client, name: &str) -> Option<f64> {
    let text = at.get("/metrics").await.ok()?.text();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn waits_for(what: &str, name: &str, at: &Client, value: f64) {
    let begun = Instant::now();
    while figure(at, name).await != Some(value) {
        assert!(begun.elapsed() < PATIENCE, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// OPS-1, OPS-2: what one server acknowledged the other gives out at once and answers with the same receipt; one leads in the
/// background; one that is killed in the midst of its work loses nothing that it acknowledged, the other goes on with all of
/// it, and the archive verifies. A command that wants the archive alone does not get it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_over_one_database_are_one_archive() {
    let Some(site) = Site::make() else { return };
    let mut one = site.serve("one");
    let first = site.system(&one);
    waits_for("the first to lead", "varanto_leads", &first, 1.0).await;
    let two = site.serve("two");
    let second = site.system(&two);
    assert_eq!(
        (
            first.get("/ready").await.unwrap().status.as_u16(),
            figure(&second, "varanto_leads").await
        ),
        (200, Some(0.0))
    );

    for (turn, made) in site.made_of(0).iter().enumerate() {
        let (here, there) = if turn % 2 == 0 { (&first, &second) } else { (&second, &first) };
        let answer = here.post_form("/api/v1/documents", form(made)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(content(there, made).await.body, made.parts[0].1);
        let again = there.post_form("/api/v1/documents", form(made)).await.unwrap();
        assert_eq!((again.status.as_u16(), again.body), (200, answer.body));
    }

    let acknowledged = AtomicUsize::new(0);
    let work = |client: u32| {
        let (site, first, second, acknowledged) = (&site, &first, &second, &acknowledged);
        async move {
            let made = site.made_of(client);
            for (turn, one) in made.iter().enumerate() {
                let begun = Instant::now();
                for attempt in 0.. {
                    let at = if (turn + attempt) % 2 == 0 { first } else { second };
                    let answer = at.post_form("/api/v1/documents", form(one)).await;
                    match answer.map(|answer| answer.status.as_u16()) {
                        Ok(200 | 201) => break,
                        // It is killed, or the other waits for what the killed one held.
                        Err(_) | Ok(503) => assert!(begun.elapsed() < PATIENCE, "nobody takes it"),
                        Ok(other) => panic!("{other}"),
                    }
                }
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            made
        }
    };
    let kill = async {
        let begun = Instant::now();
        while acknowledged.load(Ordering::Relaxed) < 15 {
            assert!(begun.elapsed() < PATIENCE, "nothing is archived");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        one.process.kill().unwrap();
        acknowledged.load(Ordering::Relaxed)
    };
    let working = async {
        let halves = tokio::join!(work(1), work(2), work(3), work(4));
        [halves.0, halves.1, halves.2, halves.3].into_iter().flatten().collect::<Vec<Made>>()
    };
    let (before, made) = tokio::join!(kill, working);
    assert!(before < made.len(), "it was killed in the midst of it");
    for made in &made {
        assert_eq!(content(&second, made).await.body, made.parts[0].1);
    }
    waits_for("the second to lead", "varanto_leads", &second, 1.0).await;

    let alone = site.varanto("one", &["reindex"]);
    let told = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(!alone.status.success() && told.contains("open"), "{told}");
    let verified = site.varanto("two", &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let again = site.serve("one");
    assert_eq!(content(&site.system(&again), &made[0]).await.body, made[0].parts[0].1);
}

/// Whether a certificate opens something, or was revoked.
async fn is_let_in(at: &Client) -> bool {
    let answer = at.get("/api/v1/documents/1.2.3").await.unwrap();
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    assert!(["not-found", "certificate-revoked"].contains(&code.as_str()), "{code}");
    code == "not-found"
}

/// ACC-1, OPS-1: a certificate that is revoked at one server opens nothing at the other, be it open or down meanwhile, and
/// nothing takes that back; each knows what the other issued.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_was_revoked_at_one_server_opens_nothing_at_the_other() {
    let Some(site) = Site::make() else { return };
    let told = |name: &str, line: &[&str]| {
        let done = site.varanto(name, &[&["--json", "certificates"], line].concat());
        assert!(done.status.success(), "{line:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let own = site.county.organisations()[0].id.to_string();
    let issue = |name: &str, out: &str| {
        let out = site.at(out).display().to_string();
        let line = ["issue", "--system", "demo", "--organisation", &own, "--out", &out];
        let issued = told(name, &line);
        let read = |what: &str| std::fs::read_to_string(issued[what].as_str().unwrap()).unwrap();
        (issued["serial"].as_str().unwrap().to_owned(), read("certificate"), read("key"))
    };
    let authority = std::fs::read_to_string(site.at("one").join("pki/ca.pem")).unwrap();
    let showing = |at: &Serving, (_, certificate, key): &(String, String, String)| {
        let identity = Some((certificate.as_str(), key.as_str()));
        Client::with_identity(at.address, "localhost", &authority, identity).unwrap()
    };
    // Before anybody is open, with one open, and with both.
    let first = issue("one", "first");
    let (one, mut two) = (site.serve("one"), site.serve("two"));
    let second = issue("two", "second");
    let certificates = [&first, &second];
    for at in [&one, &two] {
        for certificate in certificates {
            assert!(is_let_in(&showing(at, certificate)).await);
        }
    }
    let before = site.at("pki-before");
    copy(&site.at("two").join("pki"), &before);
    let lasting = showing(&two, &second);
    told("one", &["revoke", &second.0]);
    let begun = Instant::now();
    while is_let_in(&lasting).await {
        assert!(begun.elapsed() < Duration::from_secs(10), "it goes on letting it in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    two.process.kill().unwrap();
    two.process.wait().unwrap();
    told("one", &["revoke", &first.0]);
    std::fs::remove_dir_all(site.at("two").join("pki")).unwrap();
    copy(&before, &site.at("two").join("pki"));
    let two = site.serve("two");
    for at in [&one, &two] {
        for certificate in certificates {
            assert!(!is_let_in(&showing(at, certificate)).await);
        }
    }
    drop((one, two));
    for name in ["one", "two"] {
        let list = told(name, &["list"]);
        let revoked = list.as_array().unwrap().iter().filter(|row| row["revoked"] != "");
        assert_eq!((list.as_array().unwrap().len(), revoked.count()), (3, 2), "{name}: {list}");
    }
    let verified = site.varanto("two", &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// ACC-1, OPS-1, OPS-2: while the database is away a certificate is issued, and revoked where nobody here knows it but by its
/// number; others hear of both when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_issued_and_revoked_while_the_database_is_away() {
    let Some(mut site) = Site::make() else { return };
    let run = |site: &Site, name: &str, line: &[&str]| {
        let done = site.varanto(name, &[&["--json", "certificates"], line].concat());
        (done.status.success(), done.stdout, String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let own = site.county.organisations()[0].id.to_string();
    let out = site.at("away").display().to_string();
    site.database().kill().unwrap();
    let line = ["issue", "--system", "demo", "--organisation", &own, "--out", &out];
    let (done, told, warned) = run(&site, "one", &line);
    assert!(done && warned.contains("until they hear of it"), "{warned}");
    let issued: Value = serde_json::from_slice(&told).unwrap();
    let serial = issued["serial"].as_str().unwrap().to_owned();
    let (done, _, told) = run(&site, "two", &["revoke", &serial]);
    assert!(!done && told.contains(&serial), "{told}");
    let (done, _, told) = run(&site, "two", &["revoke", "--not-known-here", &serial]);
    assert!(!done, "others do not know of it: {told}");

    site.database().start_again().unwrap();
    let (one, two) = (site.serve("one"), site.serve("two"));
    let read = |what: &str| std::fs::read_to_string(issued[what].as_str().unwrap()).unwrap();
    let (certificate, key) = (read("certificate"), read("key"));
    let authority = read("authority");
    for at in [&one, &two] {
        let identity = Some((certificate.as_str(), key.as_str()));
        let client = Client::with_identity(at.address, "localhost", &authority, identity).unwrap();
        let begun = Instant::now();
        while is_let_in(&client).await {
            assert!(begun.elapsed() < Duration::from_secs(20), "it goes on letting it in");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
