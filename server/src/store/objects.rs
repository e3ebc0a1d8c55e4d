//! Instances, target groups and balancers: one row each with the whole object as JSON, and columns for what the indexes
//! check. References have tables of their own, so foreign keys hold them.

use std::collections::{BTreeSet, HashSet};

use app::domain::{
    config::{
        balancer::{Balancer, Destination, DestinationKind},
        configuration::StoredInstance,
        instance::Instance,
        object::{Object, StoredObjectRef},
    },
    ids::{InstanceId, ObjectKind, name_key},
};

use super::{
    StoreError, Write,
    engine::query::{json, number},
};

impl Write {
    /// Inserts an object. The view of an instance's key is ignored; [`Write::set_sealed_key`] and
    /// [`Write::set_sealed_headers`] store its secrets.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::Referenced`] if it refers to objects that do not exist.
    pub async fn insert(&mut self, object: impl Into<StoredObjectRef<'_>>) -> Result<(), StoreError> {
        let object = object.into();
        let query = match object {
            Object::Instance(it) => sqlx::query(
                "INSERT INTO instances (id, name_key, body, revision, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(it.id.as_str())
            .bind(name_key(&it.spec.name))
            .bind(instance_body(it)?)
            .bind(number(it.revision)?)
            .bind(it.created_at.0)
            .bind(it.updated_at.0),
            Object::TargetGroup(it) => sqlx::query(
                "INSERT INTO target_groups (id, name, body, revision, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(it.id.as_str())
            .bind(it.spec.name.as_str())
            .bind(json(&it.spec)?)
            .bind(number(it.revision)?)
            .bind(it.created_at.0)
            .bind(it.updated_at.0),
            Object::Balancer(it) => sqlx::query(
                "INSERT INTO balancers (id, name_key, serving_key, body, revision, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(it.id.as_str())
            .bind(name_key(&it.spec.name))
            .bind(it.spec.serving_name.to_lowercase())
            .bind(json(&it.spec)?)
            .bind(number(it.revision)?)
            .bind(it.created_at.0)
            .bind(it.updated_at.0),
        };
        self.run(query).await?;
        self.insert_references(object).await
    }

    /// Updates an object; its creation time stays.
    ///
    /// # Errors
    /// As [`Write::insert`], and [`StoreError::NotFound`].
    pub async fn update(&mut self, object: impl Into<StoredObjectRef<'_>>) -> Result<(), StoreError> {
        let object = object.into();
        let query = match object {
            Object::Instance(it) => sqlx::query(
                "UPDATE instances SET name_key = $2, body = $3, revision = $4, updated_at = $5 WHERE id = $1",
            )
            .bind(it.id.as_str())
            .bind(name_key(&it.spec.name))
            .bind(instance_body(it)?)
            .bind(number(it.revision)?)
            .bind(it.updated_at.0),
            Object::TargetGroup(it) => sqlx::query(
                "UPDATE target_groups SET name = $2, body = $3, revision = $4, updated_at = $5 WHERE id = $1",
            )
            .bind(it.id.as_str())
            .bind(it.spec.name.as_str())
            .bind(json(&it.spec)?)
            .bind(number(it.revision)?)
            .bind(it.updated_at.0),
            Object::Balancer(it) => sqlx::query(
                "UPDATE balancers SET name_key = $2, serving_key = $3, body = $4, revision = $5, updated_at = $6 \
                 WHERE id = $1",
            )
            .bind(it.id.as_str())
            .bind(name_key(&it.spec.name))
            .bind(it.spec.serving_name.to_lowercase())
            .bind(json(&it.spec)?)
            .bind(number(it.revision)?)
            .bind(it.updated_at.0),
        };
        self.run_on_one(query).await?;
        self.delete_references(object).await?;
        self.insert_references(object).await
    }

    /// Deletes an object with its sealed key and its revisions, because the id may be used again for a new object with
    /// revisions from 1. The audit row keeps what was deleted.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] if something refers to it, [`StoreError::NotFound`].
    pub async fn delete(&mut self, kind: ObjectKind, id: &str) -> Result<(), StoreError> {
        let delete = match kind {
            ObjectKind::Instance => "DELETE FROM instances WHERE id = $1",
            ObjectKind::TargetGroup => "DELETE FROM target_groups WHERE id = $1",
            ObjectKind::SmartBalancer => "DELETE FROM balancers WHERE id = $1",
        };
        self.run_on_one(sqlx::query(delete).bind(id)).await?;
        self.delete_revisions(kind, id).await
    }

    /// Stores or removes the sealed upstream key of an instance. `last4` is the part of it that people may see.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_sealed_key(
        &mut self,
        id: &InstanceId,
        sealed: Option<&[u8]>,
        last4: Option<&str>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE instances SET sealed_key = $2, key_last4 = $3 WHERE id = $1")
            .bind(id.as_str())
            .bind(sealed)
            .bind(last4);
        self.run_on_one(query).await
    }

    /// Stores or removes the sealed values of an instance's additional headers.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_sealed_headers(
        &mut self,
        id: &InstanceId,
        sealed: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE instances SET sealed_headers = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(sealed);
        self.run_on_one(query).await
    }

    async fn delete_references(&mut self, object: StoredObjectRef<'_>) -> Result<(), StoreError> {
        let query = match object {
            Object::Instance(_) => return Ok(()),
            Object::TargetGroup(it) => {
                sqlx::query("DELETE FROM target_group_members WHERE group_id = $1").bind(it.id.as_str())
            }
            Object::Balancer(it) => {
                sqlx::query("DELETE FROM balancer_destinations WHERE balancer_id = $1").bind(it.id.as_str())
            }
        };
        self.run(query).await.map(drop)
    }

    async fn insert_references(&mut self, object: StoredObjectRef<'_>) -> Result<(), StoreError> {
        match object {
            Object::Instance(_) => {}
            Object::TargetGroup(group) => {
                let members: BTreeSet<_> =
                    group.spec.members.iter().map(|it| it.instance_id.as_str()).collect();
                for instance_id in members {
                    let query = sqlx::query(
                        "INSERT INTO target_group_members (group_id, instance_id) VALUES ($1, $2)",
                    )
                    .bind(group.id.as_str())
                    .bind(instance_id);
                    self.run(query).await?;
                }
            }
            Object::Balancer(balancer) => {
                for Destination { kind, target } in destinations(&balancer.spec) {
                    let (instance, group) = match kind {
                        DestinationKind::Instance => (Some(target.as_str()), None),
                        DestinationKind::TargetGroup => (None, Some(target.as_str())),
                    };
                    let query = sqlx::query(
                        "INSERT INTO balancer_destinations (balancer_id, instance_id, target_group_id) \
                         VALUES ($1, $2, $3)",
                    )
                    .bind(balancer.id.as_str())
                    .bind(instance)
                    .bind(group);
                    self.run(query).await?;
                }
            }
        }
        Ok(())
    }
}

/// The distinct destinations of a balancer.
fn destinations(balancer: &Balancer) -> HashSet<&Destination> {
    balancer.routes.iter().map(|route| &route.destination).chain(&balancer.router_model).collect()
}

/// The body without the view of the key, which has columns of its own.
fn instance_body(stored: &StoredInstance) -> Result<String, StoreError> {
    json(&Instance { api_key_set: false, api_key_last4: None, ..stored.spec.clone() })
}
