//! Whether a body may be saved: what could not be read of it, what breaks the rules of the domain, and what this
//! server's surroundings refuse. Saving and the dry judgement are the same.

use app::{
    domain::{
        config::{
            configuration::Configuration,
            decode::Decoded,
            instance::Instance,
            validate::{self, Candidate, is_conflict},
        },
        field_error::{FieldError, ValidationReport},
    },
    refusal::{Refusal, Reply},
};

use super::spec::Spec;
use crate::egress;
use crate::operations::Operations;

impl Operations {
    /// The body as it is to be saved: fixed parts put back, references by name turned into ids.
    ///
    /// # Errors
    /// [`Refusal::Taken`] where nothing but names and ids stands in the way, else [`Refusal::Invalid`].
    pub(super) fn settle(
        &self,
        configuration: &Configuration,
        mut decoded: Decoded<Spec>,
        editing: Option<&str>,
    ) -> Reply<Decoded<Spec>> {
        let errors = self.report(configuration, &mut decoded, editing).errors;
        match errors.first() {
            None => {
                decoded.value.resolve(configuration);
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

    /// Every error and warning of a body that would be saved over `configuration`.
    pub(super) fn report(
        &self,
        configuration: &Configuration,
        decoded: &mut Decoded<Spec>,
        editing: Option<&str>,
    ) -> ValidationReport {
        let old = editing.and_then(|id| configuration.instance(id));
        let moved = match (&mut decoded.value, old) {
            (Spec::Instance(new), Some(old)) => self.stay_demo(new, &old.spec),
            _ => None,
        };
        let candidate = Candidate { editing, id: decoded.id.as_deref(), object: decoded.value.object() };
        let mut report = validate::check(configuration, candidate, &self.settings.listeners);
        report.errors.extend(moved);
        if let Spec::Instance(instance) = &decoded.value
            && !instance.demo
            && !report.errors.iter().any(|it| it.path == "base_url")
            && let Err(refused) = egress::judge_url(&instance.base_url, &self.settings.egress)
        {
            report.errors.push(FieldError::new("base_url", "address_refused", refused.to_string()));
        }
        report.after_decoding(&decoded.errors)
    }

    /// An edited demo instance stays one, and its address is this server's own, which is not stored.
    fn stay_demo(&self, new: &mut Instance, old: &Instance) -> Option<FieldError> {
        if !old.demo {
            return None;
        }
        let moved = new.base_url != self.settings.demo_base_url;
        new.demo = true;
        new.base_url.clear();
        let words = "Keep the address; a demo instance is answered by this server itself.";
        moved.then(|| FieldError::new("base_url", "read_only", words))
    }
}
