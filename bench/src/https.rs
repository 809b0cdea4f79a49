//! The same over HTTPS with mutual TLS: a server process of its own, so that its processor time is
//! told apart from the callers'.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::json;
use varanto_app::AppOptions;
use varanto_domain::ids::ClientIdentifier;
use varanto_kit::county::CountySize;
use varanto_kit::http::{Client, Connection, Multipart};

use crate::HttpsSizes;
use crate::bare::Bare;
use crate::measure::{Run, run};
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

/// Archive, open and list over HTTPS at each number of callers, beside the bare engine.
pub(crate) fn run_all(options: &HttpsSizes) -> Result<(), Failure> {
    let sizes = &options.sizes;
    let temporary = tempfile::tempdir()?;
    let folder = sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let data = folder.join("archive");
    let levels = sizes.callers.len() as u64;
    let clients = u32::try_from(sizes.documents * levels / 8)?.max(200);
    let size = CountySize { clients, documents: sizes.documents * levels * 2 };
    let world = World::open(&AppOptions::in_folder(&data), size)?;
    let prepared = world.prepare(clients, usize::try_from(sizes.documents * levels)?)?;
    let own = world.county.organisations()[0].id.to_string();
    let World { app, .. } = world;
    app.close();
    let server = Started::new(&options.program, &data, &own)?;
    let bare = Bare::open(&folder)?;
    let per_level = prepared.len() / sizes.callers.len();
    for (level, callers) in sizes.callers.iter().enumerate() {
        let part = &prepared[level * per_level..(level + 1) * per_level];
        println!("\n{callers} callers over HTTPS, {per_level} documents");
        let peer = crate::archive::bare_run(&bare, part, *callers, level);
        let ours = server.archive(part, *callers)?;
        println!("  archive      {}", ours.row());
        println!("  ratio to the bare engine: {:.2}", ours.rate() / peer.rate());
        println!("  open         {}", server.open(part, *callers)?.row());
        println!("  list         {}", server.list(part, *callers)?.row());
    }
    bare.close();
    Ok(())
}

/// A started server and how to reach it.
struct Started {
    server: Server,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Started {
    fn new(program: &Path, data: &Path, organisation: &str) -> Result<Self, Failure> {
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
        let server = Command::new(program).arg("serve").arg("--config").arg(&config).spawn()?;
        let server = Server(server);
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
        for _ in 0..300 {
            let answer = self.runtime.block_on(self.client.get("/ready"));
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err("the server did not become ready".into())
    }

    /// One kept-alive connection a caller.
    fn connections(&self, callers: usize) -> Result<Mutex<Vec<Connection>>, Failure> {
        let connections: Result<Vec<Connection>, _> =
            (0..callers).map(|_| self.runtime.block_on(self.client.connect())).collect();
        Ok(Mutex::new(connections?))
    }

    fn each(
        &self,
        callers: usize,
        count: u64,
        ask: impl Fn(&mut Connection, u64) -> u16 + Sync,
    ) -> Result<Run, Failure> {
        let connections = self.connections(callers)?;
        Ok(run(callers, count, self.server.0.id(), |number| {
            let mut connection =
                connections.lock().expect("no caller broke down").pop().expect("one a caller");
            let status = ask(&mut connection, number);
            assert!((200..300).contains(&status), "answered {status}");
            connections.lock().expect("no caller broke down").push(connection);
        }))
    }

    fn archive(&self, part: &[Prepared], callers: usize) -> Result<Run, Failure> {
        self.each(callers, part.len() as u64, |connection, number| {
            let one = &part[usize::try_from(number).expect("an index")];
            let mut form =
                Multipart::new().part("metadata", "application/json", &one.submission.metadata);
            for (part, bytes) in &one.submission.parts {
                form = form.part(part.name(), part.media_type(), bytes);
            }
            let sent = connection.post_form("/api/v1/documents", form);
            self.runtime.block_on(sent).expect("the server answers").status.as_u16()
        })
    }

    fn open(&self, part: &[Prepared], callers: usize) -> Result<Run, Failure> {
        let count = (part.len() as u64).min(8000);
        self.each(callers, count, |connection, number| {
            let path = format!("/api/v1/documents/{}/content", spread(part, number).document);
            let asked = connection.get(&path);
            self.runtime.block_on(asked).expect("the server answers").status.as_u16()
        })
    }

    fn list(&self, part: &[Prepared], callers: usize) -> Result<Run, Failure> {
        let count = (part.len() as u64).min(8000);
        self.each(callers, count, |connection, number| {
            let client = match &spread(part, number).client {
                ClientIdentifier::Code(code) => json!({ "identity_code": code.reveal() }),
                ClientIdentifier::Temporary(given) => json!({
                    "temporary_id": { "root": given.root().to_string(), "extension": given.reveal() }
                }),
            };
            let body = json!({ "client": client, "limit": 20 });
            let asked = connection.post_json("/api/v1/documents/_search", &body);
            self.runtime.block_on(asked).expect("the server answers").status.as_u16()
        })
    }
}

fn spread(part: &[Prepared], number: u64) -> &Prepared {
    let place = crate::archive::spread(number) % part.len() as u64;
    &part[usize::try_from(place).expect("an index")]
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
