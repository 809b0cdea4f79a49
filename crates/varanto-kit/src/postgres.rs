//! A PostgreSQL server of one's own for tests, of the programs that the system has. It lives no longer than the
//! process that started it, and can be killed before.

mod disk;
mod network;

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use network::Shown;

/// Who may do everything on the server.
const OWNER: &str = "varanto";

/// A server with a folder of its own, reached by a socket in it.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    /// The number in the socket's name; over the network, too, where it listens there.
    port: u16,
    listens: bool,
    durable: bool,
    /// The folder is a disk of its own.
    mounted: bool,
    running: Option<(Child, ChildStdin)>,
    next: AtomicU64,
}

impl Server {
    /// Makes a server in a folder that goes with it, and starts it. One that is not `durable` waits for no disk: for
    /// tests of everything else.
    ///
    /// # Errors
    /// When the programs are not there, or do not do it.
    pub fn start(durable: bool) -> io::Result<Self> {
        let mut server = Self::make(durable)?;
        server.start_again()?;
        Ok(server)
    }

    /// Makes a server that does not run yet.
    fn make(durable: bool) -> io::Result<Self> {
        let server = Self::at_home(durable)?;
        server.init()?;
        Ok(server)
    }

    fn init(&self) -> io::Result<()> {
        let mut command = self.program("initdb");
        command.args(["-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        command.args(["--wal-segsize=1", "-D"]).arg(self.folder.join("data"));
        done(&mut command).map(drop)
    }

    /// A folder for a server.
    fn at_home(durable: bool) -> io::Result<Self> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let programs = programs().ok_or_else(|| io::Error::other("PostgreSQL is not installed"))?;
        let (process, number) = (std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("varanto-postgres-{process}-{number}"));
        // Whoever comes by the socket may do everything, so nobody else comes to it.
        DirBuilder::new().mode(0o700).create(&folder)?;
        if is_root()? {
            done(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let next = AtomicU64::new(1);
        let (port, listens, mounted, running) = (5432, false, false, None);
        Ok(Self { programs, folder, port, listens, durable, mounted, running, next })
    }

    /// Starts the server again after [`Server::kill`], and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up in a minute.
    pub fn start_again(&mut self) -> io::Result<()> {
        // The shell ends the server when nobody holds the other end any more, and clears up unless it is told to wait.
        const SCRIPT: &str = r#"folder=$1; shift; "$@" & read -r word
            kill -INT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null; wait
            [ "$word" = stay ] || rm -rf "$folder""#;
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&self.folder);
        if is_root()? {
            command.args(["runuser", "-u", "postgres", "--"]);
        }
        command.arg(self.programs.join("postgres")).arg("-D").arg(self.folder.join("data"));
        command.arg("-k").arg(&self.folder).args(["-p", &self.port.to_string()]);
        if self.listens {
            command.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"]);
        } else {
            command.args(["-c", "listen_addresses="]);
        }
        command.args(["-c", "max_connections=300", "-c", "shared_buffers=64MB"]);
        if !self.durable {
            command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().ok_or_else(|| io::Error::other("no pipe"))?;
        self.running = Some((child, stdin));
        let until = Instant::now() + Duration::from_mins(1);
        while self.ask("postgres", "SELECT 1").is_err() {
            if Instant::now() > until {
                return Err(io::Error::other("PostgreSQL did not come up"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Kills every process of the server at once, as a power cut does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> io::Result<()> {
        done(Command::new("kill").arg("-9").args(self.processes()?))?;
        self.let_lie()
    }

    /// Has whoever started the server leave its folder as it is.
    fn let_lie(&mut self) -> io::Result<()> {
        if let Some((mut child, mut stdin)) = self.running.take() {
            stdin.write_all(b"stay\n")?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops every process of the server where it is, as a machine does whose disk hangs, or lets them go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&self, frozen: bool) -> io::Result<()> {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let mut processes = self.processes()?;
        if let Some((shell, _)) = &self.running {
            // Whoever started it for another user stops with it, and has to go on with it.
            processes.extend(children_of(&shell.id().to_string())?);
        }
        done(Command::new("kill").arg(signal).args(processes)).map(drop)
    }

    /// The main process of the server, and those that it has started.
    fn processes(&self) -> io::Result<Vec<String>> {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let main = file.lines().next().unwrap_or_default().trim().to_owned();
        let children = children_of(&main)?;
        Ok(std::iter::once(main).chain(children).collect())
    }

    /// Makes a database, empty or a copy of another, and answers its name.
    ///
    /// # Errors
    /// What the server says.
    pub fn create(&self, copied: Option<&str>) -> io::Result<String> {
        let name = format!("test_{}", self.next.fetch_add(1, Ordering::Relaxed));
        let Some(copied) = copied else {
            self.ask("postgres", &format!("CREATE DATABASE {name}"))?;
            return Ok(name);
        };
        let quick = self.ask("postgres", &format!("CREATE DATABASE {name} TEMPLATE {copied}"));
        if quick.is_err() {
            // Somebody is in it.
            const COPY: &str = r#""$1/pg_dump" "$2" | "$1/psql" -X -q -o /dev/null "$3""#;
            self.ask("postgres", &format!("CREATE DATABASE {name}"))?;
            let mut command = Command::new("sh");
            command.args(["-c", COPY, "sh"]).arg(&self.programs);
            done(command.arg(self.address(copied)).arg(self.address(&name)))?;
        }
        Ok(name)
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let (folder, port) = (self.folder.display(), self.port);
        format!("host={folder} port={port} user={OWNER} dbname={database}")
    }

    /// Asks something of a database, and answers what it says, a row a line.
    ///
    /// # Errors
    /// What the server says.
    pub fn ask(&self, database: &str, sql: &str) -> io::Result<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.arg(self.address(database)).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        done(command.args(["-c", sql]))
    }

    /// The files that a database is in, with all that was written.
    ///
    /// # Errors
    /// What the server says.
    pub fn files_of(&self, database: &str) -> io::Result<Vec<PathBuf>> {
        const FOLDER: &str = "SELECT oid FROM pg_database WHERE datname = current_database()";
        self.ask(database, "CHECKPOINT")?;
        let folder = self.folder.join("data/base").join(self.ask(database, FOLDER)?.trim());
        std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect()
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        if is_root().unwrap_or(false) {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            return command;
        }
        Command::new(program)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that a test left frozen would never end.
        let _ = self.freeze(false);
        if let Some((mut child, stdin)) = self.running.take() {
            drop(stdin);
            let _ = child.wait();
        }
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
        // One that was killed for good has left it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The server of all tests of this process, when they are about PostgreSQL: `VARANTO_TEST_ENGINE=postgres`.
///
/// # Panics
/// For an engine that nobody knows, and when the server does not start.
pub fn of_tests() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || match std::env::var_os("VARANTO_TEST_ENGINE")
        .unwrap_or_default()
        .to_str()
        .unwrap_or("?")
    {
        "" | "sqlite" => None,
        "postgres" => Some(Server::start(false).expect("PostgreSQL starts")),
        other => panic!("VARANTO_TEST_ENGINE={other}: sqlite or postgres"),
    };
    SERVER.get_or_init(start).as_ref()
}

/// Where the server's programs are: the newest that the system has.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").exists().then_some((version, programs))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, programs)| programs)
}

fn children_of(process: &str) -> io::Result<Vec<String>> {
    let told = Command::new("pgrep").args(["-P", process]).output()?.stdout;
    Ok(String::from_utf8_lossy(&told).split_whitespace().map(str::to_owned).collect())
}

/// The server refuses to be run by root.
fn is_root() -> io::Result<bool> {
    Ok(done(Command::new("id").arg("-u"))?.trim() == "0")
}

fn done(command: &mut Command) -> io::Result<String> {
    // The program may not be allowed into the folder that this one is in.
    let output = command.current_dir("/").stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
