//! Discovery of what a model server offers, under the rules that hold for the addresses of instances.

use app::{
    domain::{
        config::{decode, instance::KeyChange, validate::check_connection},
        console::discovery::Discovery,
        field_error::FieldError,
    },
    ports::{Actor, ModelDiscovery},
    refusal::{Refusal, Reply},
    web::access,
};
use async_trait::async_trait;
use serde_json::Value;

use crate::{
    egress,
    gateway::{UpstreamKey, UpstreamSecrets},
    operations::{Operations, require},
};

#[async_trait]
impl ModelDiscovery for Operations {
    async fn discover(&self, who: &Actor, connection: Value) -> Reply<Discovery> {
        require(who, access::OF_ADDRESSES, "Looking for models")?;
        let decoded = decode::connection(&connection);
        let spec = decoded.value;
        let mut report = check_connection(&spec, &decoded.header_values, &self.settings.listeners);
        if !report.errors.iter().any(|it| it.path == "base_url")
            && let Err(refused) = egress::check_url(&spec.base_url, &self.settings.egress)
        {
            report.errors.push(FieldError::new("base_url", "address_refused", refused.to_string()));
        }
        let errors = report.after_decoding(&decoded.errors).errors;
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        let key = match decoded.key {
            KeyChange::Set(key) => Some(UpstreamKey::Known(key)),
            KeyChange::Keep | KeyChange::Remove => None,
        };
        let secrets = UpstreamSecrets { key, headers: decoded.header_values };
        let base_url = spec.base_url.clone();
        let mut found = self.gateway.discover(spec, secrets).await?;
        found.mark_existing(&self.published.load(), &base_url);
        Ok(found)
    }
}
