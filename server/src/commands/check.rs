//! Checks whether `serve` would start and serve the stored configuration. Creates, migrates and changes nothing.

use std::io::Write;

use app::domain::{
    config::{configuration::Configuration, validate},
    ids::{InstanceId, ObjectKind},
    limits,
};

use super::Outcome;
use crate::{
    boot::{
        BootError, keys,
        settings::{BootSecrets, ServeSettings},
        site,
    },
    egress,
    seal::{MasterKey, Place, Sealer},
    store::{Store, StoreError, StoredState},
};

/// Findings of the check.
#[derive(Default)]
struct Findings {
    errors: Vec<String>,
    notes: Vec<String>,
}

impl Findings {
    fn add_error(&mut self, words: impl Into<String>) {
        self.errors.push(words.into());
    }

    fn add_note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    /// The value of a result; records its error.
    fn ok_or_record<T>(&mut self, result: Result<T, impl Into<BootError>>) -> Option<T> {
        result.map_err(|error| self.add_error(error.into().with_causes())).ok()
    }
}

/// Checks settings, store, key and configuration; prints every error, then notes and a summary.
///
/// # Errors
/// If the output is closed.
pub async fn check(
    settings: &ServeSettings,
    secrets: &BootSecrets,
    out: &mut impl Write,
) -> Result<Outcome, BootError> {
    let mut found = Findings::default();
    check_settings(settings, secrets, &mut found);
    let file = settings.store.master_key_file.as_deref();
    let key = MasterKey::present(secrets.master_key.as_ref(), file, &settings.store.data_dir);
    let sealer = found.ok_or_record(key).flatten().map(|it| Sealer::new(&it));
    let mut held = "nothing".to_owned();
    match Store::open_present(&settings.store.database_url()).await {
        Err(StoreError::Missing(words)) => {
            found.add_note(format!("{words}; serve creates it at its first start"))
        }
        Err(error @ StoreError::Older { .. }) => found.add_note(error.to_string()),
        opened => {
            if let Some(store) = found.ok_or_record(opened) {
                if let Some(loaded) = found.ok_or_record(store.load().await) {
                    let known = found.ok_or_record(store.key_check().await).flatten();
                    check_keys(&loaded, known.as_deref(), sealer.as_ref(), &mut found);
                    check_configuration(&loaded.configuration, settings, &mut found);
                    held = object_counts(&loaded.configuration);
                }
                store.close().await;
            }
        }
    }
    for error in &found.errors {
        writeln!(out, "error: {error}")?;
    }
    for note in &found.notes {
        writeln!(out, "note: {note}")?;
    }
    match found.errors.len() {
        0 => writeln!(out, "No errors. The store holds {held}.")?,
        1 => writeln!(out, "1 error.")?,
        count => writeln!(out, "{count} errors.")?,
    }
    out.flush()?;
    Ok(if found.errors.is_empty() { Outcome::Done } else { Outcome::HasErrors })
}

fn check_settings(settings: &ServeSettings, secrets: &BootSecrets, found: &mut Findings) {
    if let Some(url) = &settings.public_url {
        found.ok_or_record(site::origin(url));
    }
    found.ok_or_record(site::tls(settings));
    if let Some(token) = &secrets.admin_token {
        found.ok_or_record(keys::check_admin_token(token));
    }
    let fits = limits::PASSWORD_MIN_CHARS..=limits::PASSWORD_MAX_CHARS;
    if let Some(password) = &secrets.admin_password
        && !fits.contains(&password.reveal().chars().count())
    {
        let (min, max) = (fits.start(), fits.end());
        found.add_error(format!("SMART_BALANCER_ADMIN_PASSWORD must have {min} to {max} characters"));
    }
}

/// Checks that the sealed keys open.
fn check_keys(loaded: &StoredState, known: Option<&[u8]>, sealer: Option<&Sealer>, found: &mut Findings) {
    let Some(sealer) = sealer else {
        if known.is_some() {
            found.add_error(
                "the master key is missing: restore master.key in the data folder, or set the key; serve would generate \
                 a new one, and all upstream keys would have to be entered again",
            );
        }
        return;
    };
    if known.is_some_and(|it| !sealer.recognises(it)) {
        found.add_error("the store is sealed under a different master key");
    }
    for (id, sealed) in &loaded.sealed_headers {
        if sealer.open_headers(id.as_str(), sealed).is_err() {
            found.add_error(format!(
                "instance {id}: the values of its headers do not open and must be entered again"
            ));
        }
    }
    for (id, sealed) in &loaded.sealed_keys {
        if sealer.open(Place::instance_key(id.as_str()), sealed).is_err() {
            found.add_error(format!(
                "instance {id}: its upstream key does not open and must be entered again"
            ));
        }
    }
}

fn check_configuration(configuration: &Configuration, settings: &ServeSettings, found: &mut Findings) {
    let listeners = [settings.listen];
    for (kind, id) in objects(configuration) {
        let report = validate::check_stored(configuration, configuration, kind, &id, &listeners);
        let named = |path: &str, words: &str| {
            let colon = if path.is_empty() { "" } else { ": " };
            format!("{} {id}: {path}{colon}{words}", kind.words())
        };
        for error in report.errors {
            found.add_error(named(&error.path, &error.message));
        }
        for warning in report.warnings {
            found.add_note(named(&warning.path, &warning.message));
        }
        let instance = configuration.instance(&id).filter(|it| kind == ObjectKind::Instance && !it.spec.demo);
        if let Some(instance) = instance
            && let Err(refused) = egress::check_url(&instance.spec.base_url, &settings.egress_rules())
        {
            found.add_error(named("base_url", &refused.to_string()));
        }
    }
}

fn objects(configuration: &Configuration) -> Vec<(ObjectKind, String)> {
    let Configuration { instances, target_groups, balancers, .. } = configuration;
    let instances = instances.iter().map(|it| (ObjectKind::Instance, InstanceId::to_string(&it.id)));
    let groups = target_groups.iter().map(|it| (ObjectKind::TargetGroup, it.id.to_string()));
    let balancers = balancers.iter().map(|it| (ObjectKind::SmartBalancer, it.id.to_string()));
    instances.chain(groups).chain(balancers).collect()
}

fn object_counts(configuration: &Configuration) -> String {
    let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    format!(
        "{}, {} and {}",
        count(configuration.instances.len(), "instance"),
        count(configuration.target_groups.len(), "target group"),
        count(configuration.balancers.len(), "balancer")
    )
}
