//! The same over HTTPS with mutual TLS: a server process of its own, so that its processor time is
//! told apart from the callers'.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use varanto_app::AppOptions;
use varanto_domain::ids::ClientIdentifier;
use varanto_kit::county::CountySize;
use varanto_kit::http::{Client, Connection, Multipart};

use crate::HttpsSizes;
use crate::bare::Bare;
use crate::measure::run;
use crate::world::{Prepared, World};

type Failure = Box<dyn std::error::Error>;

/// A server process, ended when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A new archive of a county with so many documents that wait to be archived, and the county's own organisation.
pub(crate) fn prepared_in(data: &Path, documents: u64) -> Result<(Vec<Prepared>, String), Failure> {
    let clients = u32::try_from(documents / 8)?.max(200);
    let size = CountySize { clients, documents: documents * 2 };
    let world = World::open(&AppOptions::in_folder(data), size)?;
    let prepared = world.prepare(clients, usize::try_from(documents)?)?;
    let own = world.county.organisations()[0].id.to_string();
    world.app.close();
    Ok((prepared, own))
}

/// Archive, open and list over HTTPS at each number of callers, beside the bare engine.
pub(crate) fn run_all(options: &HttpsSizes) -> Result<(), Failure> {
    let sizes = &options.sizes;
    let temporary = tempfile::tempdir()?;
    let folder = sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let data = folder.join("archive");
    let (prepared, own) = prepared_in(&data, sizes.documents * sizes.callers.len() as u64)?;
    let server = Started::new(&options.program, &data, &own)?;
    let bare = Bare::open(&folder)?;
    let per_level = prepared.len() / sizes.callers.len();
    for (level, callers) in sizes.callers.iter().enumerate() {
        let part = &prepared[level * per_level..(level + 1) * per_level];
        println!("\n{callers} callers over HTTPS, {per_level} documents");
        let peer = crate::archive::bare_run(&bare, part, *callers, level);
        let doors = server.doors(*callers)?;
        let looks = (part.len() as u64).min(8000);
        let each =
            |count, work: &(dyn Fn(u64) + Sync)| run(*callers, count, server.process(), work);
        let ours = each(part.len() as u64, &|number| {
            doors.archive(&part[usize::try_from(number).expect("an index")]);
        });
        println!("  archive      {}", ours.row());
        println!("  ratio to the bare engine: {:.2}", ours.rate() / peer.rate());
        println!(
            "  open         {}",
            each(looks, &|number| doors.open(spread(part, number))).row()
        );
        println!(
            "  list         {}",
            each(looks, &|number| doors.list(spread(part, number))).row()
        );
    }
    bare.close();
    Ok(())
}

/// A started server and how to reach it.
pub(crate) struct Started {
    server: Server,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Started {
    pub(crate) fn new(program: &Path, data: &Path, organisation: &str) -> Result<Self, Failure> {
        let port = free_port()?;
        let config = data.join("bench.toml");
        let text = format!(
            "data = {:?}\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n[log]\nfilter = \"warn\"\n",
            data.display().to_string()
        );
        std::fs::write(&config, text)?;
        let issued = Command::new(program)
            .args(["certificates", "issue", "--system", "bench", "--organisation", organisation])
            .arg("--out")
            .arg(data)
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .status()?;
        if !issued.success() {
            return Err("the certificate was not issued".into());
        }
        let server = serve(program, data)?;
        let read = |name: &str| std::fs::read_to_string(data.join(name));
        let authority = read("pki/ca.pem")?;
        let (chain, key) = (read("bench.pem")?, read("bench.key")?);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let client = Client::with_identity(address, "localhost", &authority, Some((&chain, &key)))?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let started = Self { server, client, runtime };
        started.wait()?;
        Ok(started)
    }

    fn wait(&self) -> Result<(), Failure> {
        for _ in 0..6000 {
            let answer = self.runtime.block_on(self.client.get("/ready"));
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("the server did not become ready".into())
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.server.0.id()
    }

    /// The most memory that the server has used so far.
    pub(crate) fn memory_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process()));
        let status = status.unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = most.and_then(|most| most.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    }

    /// Kills the server and starts it again; answers how long it took until it was ready.
    pub(crate) fn killed_and_started(
        mut self,
        program: &Path,
        data: &Path,
    ) -> Result<Duration, Failure> {
        self.server.0.kill()?;
        self.server.0.wait()?;
        let began = Instant::now();
        self.server = serve(program, data)?;
        self.wait()?;
        Ok(began.elapsed())
    }

    /// Ways in for so many callers, each with a connection that is kept.
    pub(crate) fn doors(&self, callers: usize) -> Result<Doors<'_>, Failure> {
        let connections: Result<Vec<Connection>, _> =
            (0..callers).map(|_| self.runtime.block_on(self.client.connect())).collect();
        Ok(Doors { runtime: &self.runtime, connections: Mutex::new(connections?) })
    }
}

fn serve(program: &Path, data: &Path) -> std::io::Result<Server> {
    let config = data.join("bench.toml");
    Command::new(program).arg("serve").arg("--config").arg(config).spawn().map(Server)
}

/// Connections that callers take in turn.
pub(crate) struct Doors<'a> {
    runtime: &'a tokio::runtime::Runtime,
    connections: Mutex<Vec<Connection>>,
}

impl Doors<'_> {
    fn with(&self, ask: impl AsyncFnOnce(&mut Connection) -> u16) {
        let mut connection =
            self.connections.lock().expect("no caller broke down").pop().expect("one a caller");
        let status = self.runtime.block_on(ask(&mut connection));
        assert!((200..300).contains(&status), "answered {status}");
        self.connections.lock().expect("no caller broke down").push(connection);
    }

    /// Archives a document.
    pub(crate) fn archive(&self, one: &Prepared) {
        let mut form =
            Multipart::new().part("metadata", "application/json", &one.submission.metadata);
        for (part, bytes) in &one.submission.parts {
            form = form.part(part.name(), part.media_type(), bytes);
        }
        self.with(async |connection| {
            let sent = connection.post_form("/api/v1/documents", form).await;
            sent.expect("the server answers").status.as_u16()
        });
    }

    /// Opens a document by its identifier.
    pub(crate) fn open(&self, one: &Prepared) {
        let path = format!("/api/v1/documents/{}/content", one.document);
        self.with(async |connection| {
            connection.get(&path).await.expect("the server answers").status.as_u16()
        });
    }

    /// Lists the newest twenty documents of a document's client.
    pub(crate) fn list(&self, one: &Prepared) {
        let client = match &one.client {
            ClientIdentifier::Code(code) => json!({ "identity_code": code.reveal() }),
            ClientIdentifier::Temporary(given) => json!({
                "temporary_id": { "root": given.root().to_string(), "extension": given.reveal() }
            }),
        };
        let body = json!({ "client": client, "limit": 20 });
        self.with(async |connection| {
            let asked = connection.post_json("/api/v1/documents/_search", &body).await;
            asked.expect("the server answers").status.as_u16()
        });
    }
}

fn spread(part: &[Prepared], number: u64) -> &Prepared {
    let place = crate::archive::spread(number) % part.len() as u64;
    &part[usize::try_from(place).expect("an index")]
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
