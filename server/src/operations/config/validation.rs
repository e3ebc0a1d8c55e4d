//! Validation of bodies: decoding errors, the rules of the domain, and what this server refuses. Saving and a dry run
//! use the same rules.

use app::{
    domain::{
        config::{
            configuration::Configuration,
            decode::Decoded,
            instance::Instance,
            object::{Object, ObjectSpec},
            validate::{self, Submission, is_conflict, resolve_refs},
        },
        field_error::{FieldError, ValidationReport},
        ids::ObjectKind,
    },
    refusal::{Refusal, Reply},
};
use serde_json::Value;

use crate::egress::{self, Denied};
use crate::operations::Operations;

impl Operations {
    /// The spec to save, with fixed fields restored and references by name replaced with ids.
    ///
    /// # Errors
    /// [`Refusal::Taken`] if all errors are about names or ids that are taken, otherwise [`Refusal::Invalid`].
    pub(super) fn validated(
        &self,
        configuration: &Configuration,
        mut decoded: Decoded<ObjectSpec>,
        editing: Option<&str>,
    ) -> Reply<Decoded<ObjectSpec>> {
        let errors = self.validation_report(configuration, &mut decoded, editing).errors;
        match errors.first() {
            None => {
                if let Object::Balancer(balancer) = &mut decoded.value {
                    resolve_refs(balancer, configuration);
                }
                Ok(decoded)
            }
            Some(first) if errors.iter().all(is_conflict) => Err(Refusal::Taken {
                code: first.code.clone(),
                path: first.path.clone(),
                message: first.message.clone(),
            }),
            Some(_) => Err(Refusal::Invalid(errors)),
        }
    }

    /// All errors and warnings of a body that would be saved over `configuration`.
    pub(super) fn validation_report(
        &self,
        configuration: &Configuration,
        decoded: &mut Decoded<ObjectSpec>,
        editing: Option<&str>,
    ) -> ValidationReport {
        let old = editing.and_then(|id| configuration.instance(id));
        let moved = match (&mut decoded.value, old) {
            (Object::Instance(new), Some(old)) => self.keep_demo(new, &old.spec),
            _ => None,
        };
        let submission = Submission { editing, id: decoded.id.as_deref(), object: decoded.value.as_ref() };
        let mut report = validate::check(configuration, submission, &self.settings.listeners);
        report.errors.extend(moved);
        if let Object::Instance(instance) = &decoded.value
            && !instance.demo
            && !report.errors.iter().any(|it| it.path == "base_url")
            && let Err(refused) = egress::check_url(&instance.base_url, &self.settings.egress)
        {
            report.errors.push(FieldError::new("base_url", "address_refused", refused.to_string()));
        }
        report.after_decoding(&decoded.errors)
    }

    /// The error of a new address whose name leads to where this server may not call. It asks a name server, so it is
    /// looked for before a write is opened.
    pub(super) async fn refused_name(
        &self,
        kind: ObjectKind,
        body: &Value,
        editing: Option<&str>,
    ) -> Option<FieldError> {
        let base_url = body.get("base_url")?.as_str().filter(|_| kind == ObjectKind::Instance)?;
        let published = self.published.load_full();
        let old = editing.and_then(|id| published.instance(id)).map(|it| &it.spec);
        if old.is_some_and(|it| it.demo || it.base_url == base_url) {
            return None;
        }
        let denied = egress::check_resolved(base_url, &self.settings.egress).await.err()?;
        // Everything else about an address is found without asking.
        let is_refused = matches!(denied, Denied::Never | Denied::LinkLocal(_) | Denied::Policy);
        is_refused.then(|| FieldError::new("base_url", "address_refused", denied.to_string()))
    }

    /// Keeps an edited demo instance a demo instance. Its address is this server's own, which is not stored.
    fn keep_demo(&self, new: &mut Instance, old: &Instance) -> Option<FieldError> {
        if !old.demo {
            return None;
        }
        let moved = new.base_url != self.settings.demo_base_url;
        new.demo = true;
        new.base_url.clear();
        let words = "Keep the address. This server answers for demo instances itself.";
        moved.then(|| FieldError::new("base_url", "read_only", words))
    }
}
