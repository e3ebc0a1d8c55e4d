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
    },
    refusal::{Refusal, Reply},
};

use crate::egress;
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
