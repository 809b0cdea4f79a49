//! `varanto sign`: makes the electronic signatures that archiving checks. Source: ARC-6.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::time::{Clock, Instant};
use varanto_formats::signature::{FileKey, Signing, SigningKey, jws, sign_xml};
use zeroize::Zeroizing;

use super::{Context, Failure};
use crate::clock::MachineClock;
use crate::token_key::{TokenKey, TokenPlace};

/// Sign a national document, or the parts of a submission over REST.
///
/// A national document gets one signature more, after those that it has. For parts the signature is
/// written alone, to be sent as the part `signature`. The key is in a file, or stays in a token (smart
/// card, hardware security module) that a PKCS #11 module speaks to.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The national document (XML).
    #[arg(value_name = "DOCUMENT", required_unless_present_any = ["metadata", "text"])]
    document: Option<PathBuf>,
    /// What the desk gives to be signed: the text that names the parts of a document.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["document", "metadata"])]
    text: Option<PathBuf>,
    /// The metadata of a submission (JSON).
    #[arg(long, value_name = "FILE", conflicts_with = "document")]
    metadata: Option<PathBuf>,
    /// Its structured content (JSON).
    #[arg(long, value_name = "FILE", requires = "metadata")]
    structured: Option<PathBuf>,
    /// Its view (XHTML).
    #[arg(long, value_name = "FILE", requires = "metadata")]
    view: Option<PathBuf>,
    /// Its PDF file.
    #[arg(long, value_name = "FILE", requires = "metadata")]
    pdf: Option<PathBuf>,
    /// Where the signed document, or the signature, is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The signer's certificate (PEM).
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The signer's key (PKCS #8, PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "module")]
    key: Option<PathBuf>,
    /// The PKCS #11 module of the token that holds the key.
    #[arg(long, value_name = "LIBRARY", conflicts_with = "key", requires_all = ["token", "key_label"])]
    module: Option<PathBuf>,
    /// The token's label.
    #[arg(long, value_name = "LABEL", requires = "module")]
    token: Option<String>,
    /// The key's label in the token.
    #[arg(long, value_name = "LABEL", requires = "module")]
    key_label: Option<String>,
    /// The file with the token's PIN; without it the PIN is read from standard input.
    #[arg(long, value_name = "FILE", requires = "module")]
    pin: Option<PathBuf>,
    /// Sign as a system, and not as a professional.
    #[arg(long)]
    system: bool,
    /// The moment of signing (RFC 3339); now by default.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "an instant such as 2026-03-23T10:54:24+02:00".to_owned())
}

pub(super) fn run(options: &Options, context: &Context) -> Result<(), Failure> {
    let key = key(options)?;
    let signing = Signing {
        key: &*key,
        kind: if options.system { SignerKind::System } else { SignerKind::Professional },
        at: options.at.unwrap_or_else(|| MachineClock.now()),
    };
    let signed = match (&options.document, &options.metadata, &options.text) {
        (Some(document), ..) => sign_xml(&text(document)?, &signing),
        (None, None, Some(file)) => {
            let text = text(file)?;
            if !text.starts_with(jws::SIGNED_PARTS) {
                return Err(Failure::of(format!("{}: not what is signed", file.display())));
            }
            jws::sign(&text, &signing)
        }
        (None, Some(metadata), _) => {
            let parts = parts(options)?;
            let parts: Vec<(Part, &[u8])> =
                parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
            jws::sign(&jws::signed_parts(&read(metadata)?, &parts), &signing)
        }
        (None, None, None) => return Err(Failure::of("nothing to sign")),
    };
    let signed = signed.map_err(Failure::of)?;
    fs::write(&options.out, &signed)
        .map_err(|error| Failure::of(format!("{}: {error}", options.out.display())))?;
    let told = format!("signed, {} bytes in {}", signed.len(), options.out.display());
    context.output.one(&json!({ "signed": options.out, "bytes": signed.len() }), &told)
}

fn parts(options: &Options) -> Result<Vec<(Part, Vec<u8>)>, Failure> {
    let given = [
        (Part::Structured, &options.structured),
        (Part::View, &options.view),
        (Part::Pdf, &options.pdf),
    ];
    let given = given.into_iter().filter_map(|(part, file)| Some((part, file.as_ref()?)));
    given.map(|(part, file)| Ok((part, read(file)?))).collect()
}

fn key(options: &Options) -> Result<Box<dyn SigningKey>, Failure> {
    let certificate = read(&options.certificate)?;
    if let Some(file) = &options.key {
        let key = Zeroizing::new(read(file)?);
        return Ok(Box::new(FileKey::read(&key, &certificate).map_err(Failure::of)?));
    }
    let (Some(module), Some(token), Some(key)) =
        (&options.module, &options.token, &options.key_label)
    else {
        return Err(Failure::of("neither a key nor a token"));
    };
    let certificate = CertificateDer::from_pem_slice(&certificate).map_err(|_| {
        Failure::of(format!("{}: the certificate is not PEM", options.certificate.display()))
    })?;
    let pin = Zeroizing::new(match &options.pin {
        Some(file) => String::from_utf8(read(file)?)
            .map_err(|_| Failure::of(format!("{}: not UTF-8", file.display())))?,
        None => std::io::read_to_string(std::io::stdin())?,
    });
    let place = TokenPlace { module, token, key };
    let key = TokenKey::open(&place, pin.trim_end_matches(['\r', '\n']), certificate.to_vec());
    Ok(Box::new(key.map_err(Failure::of)?))
}

fn text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(read(file)?)
        .map_err(|_| Failure::of(format!("{}: not UTF-8", file.display())))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::of(format!("{}: {error}", file.display())))
}
