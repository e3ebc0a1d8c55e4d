//! Imports a document.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use app::{
    domain::{
        config::{
            configuration::Configuration,
            transfer::{ImportChange, ImportReport},
        },
        field_error::FieldError,
        secret::Secret,
    },
    ports::{Actor, Cookies, Role, Site, Transfer as _},
    refusal::Refusal,
};
use serde_json::Value;

use super::Outcome;
use crate::{
    boot::{
        self, BootError,
        settings::{BootSecrets, ImportFrom, ImportSettings},
    },
    control::rest::body::BODY_BYTES,
    gateway::{Gateway, GatewaySettings},
    import::{self, ImportFormat, UnsupportedSetting},
    operations::{
        Operations, OperationsSettings,
        config::{secrets::StoredSecrets, transfer::plan_import},
        requests::Retention,
    },
    seal::{MasterKey, Sealer},
    store::{Store, StoreError},
};

/// Imports a document with the rights of an admin and prints the changes; with `--dry-run`, only prints them.
///
/// # Errors
/// If the document cannot be read, or the store, the key or the output cannot be used.
pub async fn import(
    settings: &ImportSettings,
    secrets: &BootSecrets,
    out: &mut impl Write,
) -> Result<Outcome, BootError> {
    let (document, left) = read_document(settings)?;
    for UnsupportedSetting { path, words } in &left {
        writeln!(out, "not carried over: {}{words}", path_prefix(path))?;
    }
    let report = match settings.dry_run {
        true => preview_import(settings, secrets, &document).await?,
        false => run_import(settings, secrets, &document).await?,
    };
    print(&report, settings.dry_run, out)?;
    Ok(if report.errors.is_empty() { Outcome::Done } else { Outcome::HasErrors })
}

/// Reports the changes of an import. Creates nothing, not even a store.
async fn preview_import(
    settings: &ImportSettings,
    secrets: &BootSecrets,
    document: &Value,
) -> Result<ImportReport, BootError> {
    let (before, keys) = match Store::open_present(&settings.store.database_url()).await {
        Err(StoreError::Missing(_)) => (Configuration::default(), StoredSecrets::default()),
        store => {
            let store = store?;
            let loaded = store.load().await?;
            store.close().await;
            let file = settings.store.master_key_file.as_deref();
            let key = MasterKey::present(secrets.master_key.as_ref(), file, &settings.store.data_dir);
            // Without the master key, secrets cannot be compared, so each is reported as a change.
            let sealer = key.ok().flatten().map(|it| Arc::new(Sealer::new(&it)));
            let secrets = StoredSecrets::new(sealer, loaded.sealed_keys, loaded.sealed_headers);
            (loaded.configuration, secrets)
        }
    };
    Ok(plan_import(&before, document, &[settings.listen], &settings.egress_rules(), &keys).report)
}

async fn run_import(
    settings: &ImportSettings,
    secrets: &BootSecrets,
    document: &Value,
) -> Result<ImportReport, BootError> {
    let (store, keeper) = boot::open(&settings.store, secrets).await?;
    if store.key_check().await?.is_some_and(|it| !keeper.sealer().recognises(&it)) {
        let words = "the store is sealed under a different master key: use that key, or start serve to switch to \
                     this one";
        return Err(BootError::Setting(words.to_owned()));
    }
    boot::keys::check_master_key(&store, &keeper.sealer()).await?;
    let site =
        Site { base_url: String::new(), version: env!("CARGO_PKG_VERSION"), cookies: Cookies::Refused };
    let operations_settings = OperationsSettings {
        site,
        demo_base_url: String::new(),
        listeners: vec![settings.listen],
        egress: settings.egress_rules(),
        retention: Retention { days: 0, rows: 1 },
    };
    // It serves no calls; running servers follow the store.
    let gateway = Gateway::new(GatewaySettings::default());
    let operations = Operations::new(store.clone(), keeper, gateway, Arc::default(), operations_settings);
    let who = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
    let report = operations.import(&who, document.clone(), false).await;
    store.close().await;
    match report {
        Err(Refusal::Invalid(errors)) => Ok(ImportReport { changes: Vec::new(), errors }),
        done => Ok(done?),
    }
}

fn print(report: &ImportReport, dry_run: bool, out: &mut impl Write) -> std::io::Result<()> {
    for change in &report.changes {
        let ImportChange { action, kind, id, name, needs_key, diff } = change;
        let (action, kind) = (action.as_str(), kind.words());
        let key =
            if *needs_key { "; it has no upstream key, enter one if its address asks for it" } else { "" };
        let fields: Vec<_> = diff.iter().map(|it| it.path.as_str()).take(20).collect();
        let fields = if action == "update" { format!(": {}", fields.join(", ")) } else { String::new() };
        writeln!(out, "{action} {kind} {id} ({name}){fields}{key}")?;
    }
    for FieldError { path, message, .. } in &report.errors {
        writeln!(out, "error: {}{message}", path_prefix(path))?;
    }
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (changes, errors) = (count(report.changes.len(), "change"), count(report.errors.len(), "error"));
    match (report.errors.is_empty(), dry_run) {
        (true, true) => writeln!(out, "{changes} would be made; nothing was changed.")?,
        (true, false) => writeln!(out, "{changes} made.")?,
        (false, _) => writeln!(out, "{errors}; nothing was changed.")?,
    }
    out.flush()
}

fn path_prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// The document to import, and the settings of another gateway that it does not hold.
fn read_document(settings: &ImportSettings) -> Result<(Value, Vec<UnsupportedSetting>), BootError> {
    let text = read_text(&settings.file)?;
    let converted = match settings.from {
        ImportFrom::SmartBalancer => {
            return match serde_json::from_str(text.reveal()) {
                Ok(document) => Ok((document, Vec::new())),
                Err(error) => {
                    let place = format!("line {}, column {}", error.line(), error.column());
                    Err(BootError::Setting(format!("invalid JSON at {place}")))
                }
            };
        }
        ImportFrom::Litellm => import::convert(ImportFormat::Litellm, text.reveal()),
        ImportFrom::Portkey => import::convert(ImportFormat::Portkey, text.reveal()),
    };
    let converted = converted.map_err(|error| BootError::Setting(error.message))?;
    Ok((converted.document, converted.left))
}

fn read_text(file: &Path) -> Result<Secret, BootError> {
    let shown = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let failed = |error: std::io::Error| BootError::Setting(format!("{shown} cannot be read: {error}"));
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(file).map_err(failed)?),
    };
    let mut text = String::new();
    source.take(BODY_BYTES as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() > BODY_BYTES {
        return Err(BootError::Setting(format!("{shown} has more than {} MiB", BODY_BYTES / 1024 / 1024)));
    }
    Ok(Secret::new(text))
}
