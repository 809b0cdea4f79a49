//! Certificates that the archive's own authority issued, and which of them were revoked.

use varanto_domain::time::Instant;

use crate::engine::params;
use crate::{ReadTx, StoreError, WriteTx};

/// A certificate as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The certificate (PEM); empty where it is not known.
    pub certificate: Vec<u8>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Instant>,
}

impl CertificateRow {
    /// What the certificate is bound to: what its other columns say.
    fn scope(&self) -> Vec<u8> {
        let revoked = self.revoked_at.map_or_else(|| "-".to_owned(), |at| at.millis().to_string());
        format!("varanto/certificate/1 {} {revoked}", self.serial).into_bytes()
    }
}

impl ReadTx<'_> {
    /// Every certificate, by serial number. One that is not as it was kept is passed over: who knows it keeps it anew.
    pub fn list_certificates(&self) -> Result<Vec<CertificateRow>, StoreError> {
        let sound = self.certificates()?.into_iter().filter_map(|(row, sound)| {
            if !sound {
                tracing::error!(place = place(&row.serial), "is not as it was kept");
            }
            sound.then_some(row)
        });
        Ok(sound.collect())
    }

    /// Every certificate, and whether it is as it was kept.
    fn certificates(&self) -> Result<Vec<(CertificateRow, bool)>, StoreError> {
        const SQL: &str =
            "SELECT serial, revoked_at, sealed FROM client_certificate ORDER BY serial";
        self.all(SQL, [], |row| {
            let revoked_at = row.get::<Option<i64>>(1)?.map(Instant::from_millis);
            let kept = CertificateRow { serial: row.get(0)?, certificate: Vec::new(), revoked_at };
            let opened = self.keys().store_key().open(&kept.scope(), &row.get::<Vec<u8>>(2)?);
            let sound = opened.is_some();
            Ok((CertificateRow { certificate: opened.unwrap_or_default(), ..kept }, sound))
        })
    }

    /// The certificates that are not as they were kept.
    pub(crate) fn wrong_certificates(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        let wrong = self.certificates()?.into_iter().filter(|(_, sound)| !sound);
        Ok(wrong.map(|(row, _)| (place(&row.serial), "is not as it was kept")).collect())
    }
}

impl WriteTx<'_> {
    /// Keeps a certificate, in place of what was known of it.
    pub fn keep_certificate(&mut self, row: &CertificateRow) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO client_certificate (serial, revoked_at, sealed)
            VALUES (?1, ?2, ?3) ON CONFLICT (serial)
            DO UPDATE SET revoked_at = excluded.revoked_at, sealed = excluded.sealed";
        let sealed = self.keys().store_key().seal(&row.scope(), &row.certificate);
        let revoked_at = row.revoked_at.map(Instant::millis);
        self.tell_others()?;
        self.execute(SQL, params![row.serial, revoked_at, sealed])?;
        Ok(())
    }
}

fn place(serial: &str) -> String {
    format!("certificate {serial}")
}
