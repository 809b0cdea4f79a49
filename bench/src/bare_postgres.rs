//! Bare PostgreSQL: a connection for each caller, a transaction for each document, the same bytes and nothing else.

use std::cell::OnceCell;

use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use crate::archive::spread;
use crate::measure::{Run, run};
use crate::world::Prepared;

type Failure = Box<dyn std::error::Error>;

/// The database, and what drives the connections to it.
pub(crate) struct BarePostgres {
    address: String,
    runtime: Runtime,
}

/// One caller's connection, with its statements.
struct Connected {
    client: Client,
    statements: [Statement; 4],
}

const STATEMENTS: [&str; 4] = [
    "INSERT INTO document VALUES ($1, $2, $3, $4)",
    "INSERT INTO by_client VALUES ($1, $2)",
    "INSERT INTO by_case VALUES ($1, $2)",
    "INSERT INTO audit (text) VALUES ($1)",
];

impl BarePostgres {
    /// Makes the tables in an empty database.
    pub(crate) fn open(address: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let bare = Self { address: address.to_owned(), runtime };
        let client = bare.connect()?;
        bare.runtime.block_on(client.batch_execute(
            "CREATE TABLE document (id bigint PRIMARY KEY, client bigint NOT NULL,
                 metadata bytea NOT NULL, body bytea NOT NULL);
             CREATE TABLE by_client (client bigint, id bigint, PRIMARY KEY (client, id));
             CREATE TABLE by_case (case_id bigint, id bigint, PRIMARY KEY (case_id, id));
             CREATE TABLE audit (line bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text bytea NOT NULL)",
        ))?;
        Ok(bare)
    }

    fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) =
            self.runtime.block_on(tokio_postgres::connect(&self.address, NoTls))?;
        self.runtime.spawn(connection);
        Ok(client)
    }

    fn connected(&self) -> Result<Connected, tokio_postgres::Error> {
        let client = self.connect()?;
        let prepare = |sql| self.runtime.block_on(client.prepare(sql));
        let [document, by_client, by_case, audit] = STATEMENTS;
        let statements =
            [prepare(document)?, prepare(by_client)?, prepare(by_case)?, prepare(audit)?];
        Ok(Connected { client, statements })
    }

    /// Stores the documents at so many callers.
    pub(crate) fn run(&self, part: &[Prepared], callers: usize, level: usize) -> Run {
        thread_local! {
            static CONNECTED: OnceCell<Connected> = const { OnceCell::new() };
        }
        let bodies: Vec<Vec<u8>> = part
            .iter()
            .map(|one| one.submission.parts.iter().flat_map(|(_, bytes)| bytes.clone()).collect())
            .collect();
        let first = level as u64 * 10_000_000;
        let done = run(callers, part.len() as u64, std::process::id(), |number| {
            let place = usize::try_from(number).expect("an index");
            let keys = [first + number, spread(number) % 5000, spread(number + 1) % 10_000];
            CONNECTED.with(|connected| {
                let connected = connected.get_or_init(|| self.connected().expect("it connects"));
                let metadata = &part[place].submission.metadata;
                let stored = store(connected, keys, metadata, &bodies[place]);
                self.runtime.block_on(stored).expect("the database stores");
            });
        });
        println!("  bare engine  {}", done.row());
        done
    }
}

/// Stores one document in a transaction.
async fn store(
    connected: &Connected,
    keys: [u64; 3],
    metadata: &[u8],
    body: &[u8],
) -> Result<(), tokio_postgres::Error> {
    const AUDIT: [u8; 180] = [b'x'; 180];
    let [id, client_key, case] = keys.map(u64::cast_signed);
    let (client, [document, by_client, by_case, audit]) =
        (&connected.client, &connected.statements);
    client.batch_execute("BEGIN").await?;
    // Sent together, so that the four journeys are one.
    let values: [&[&(dyn ToSql + Sync)]; 4] = [
        &[&id, &client_key, &metadata, &body],
        &[&client_key, &id],
        &[&case, &id],
        &[&AUDIT.as_slice()],
    ];
    tokio::try_join!(
        client.execute(document, values[0]),
        client.execute(by_client, values[1]),
        client.execute(by_case, values[2]),
        client.execute(audit, values[3]),
    )?;
    client.batch_execute("COMMIT").await
}
