//! The three collections. They only differ in their types, so one macro writes their handlers and their documentation.

/// Writes list, create, read, replace, patch and delete of one collection.
macro_rules! collection {
    (
        $module:ident, $kind:expr, $names:expr, $path:literal, $item:literal, $past:literal, $tag:literal, $view:ty, $body:ty
    ) => {
        /// The handlers of one collection.
        pub mod $module {
            use app::{ports::{Actor, ChangeHistory as _, ControlPlane as _, Objects as _}, refusal::Refusal, domain::{ids::ObjectKind, config::revision::Revision}};
            use axum::{
                Extension, Json,
                extract::State,
                http::{StatusCode, header},
                response::{IntoResponse, Response},
            };
            use serde_json::Value;

            use super::super::{
                RestState,
                body::JsonBody,
                error::{ErrorBody, RestResult},
                id::Id,
                page::{Page, PageQuery, HistoryQuery, page},
                schema,
            };

            const KIND: ObjectKind = $kind;

            /// Lists the objects, ordered by id.
            #[utoipa::path(get, path = $path, tag = $tag, operation_id = concat!("list_", stringify!($module)),
                params(PageQuery),
                responses((status = 200, body = Page<$view>), (status = 422, body = ErrorBody)))]
            pub async fn list(
                State(state): State<RestState>,
                query: PageQuery,
            ) -> RestResult<Json<Page<Value>>> {
                let configuration = state.operations.configuration();
                let rows = configuration.$module.iter().collect();
                let found = page(rows, &query, |it| it.id.as_str(), $names)?;
                let data = found.data.into_iter().map(|it| state.operations.show(it.into())).collect();
                Ok(Json(Page { data, next: found.next }))
            }

            /// Creates an object.
            #[utoipa::path(post, path = $path, tag = $tag, operation_id = concat!("create_", stringify!($module)),
                request_body = $body,
                responses(
                    (status = 201, body = $view, headers(("Location" = String, description = "The address of the object."))),
                    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
                    (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
            pub async fn create(
                State(state): State<RestState>,
                Extension(who): Extension<Actor>,
                JsonBody(body): JsonBody,
            ) -> RestResult<Response> {
                let saved = state.operations.create(&who, KIND, body).await?;
                let location = format!("/api/v1{}/{}", $path, saved.id);
                Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(saved.body)).into_response())
            }

            /// Reads an object.
            #[utoipa::path(get, path = $item, tag = $tag, operation_id = concat!("read_", stringify!($module)),
                params(Id),
                responses((status = 200, body = $view), (status = 404, body = ErrorBody)))]
            pub async fn read(State(state): State<RestState>, Id { id }: Id) -> RestResult<Json<Value>> {
                let found = state.operations.render(KIND, &id);
                Ok(Json(found.ok_or(Refusal::NotFound { kind: KIND, id })?))
            }

            /// Lists the revisions of an object, newest first, each with its changes.
            #[utoipa::path(get, path = $past, tag = $tag, operation_id = concat!("list_revisions_of_", stringify!($module)),
                params(Id, HistoryQuery),
                responses((status = 200, body = Page<Revision>), (status = 404, body = ErrorBody),
                    (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
            pub async fn revisions(
                State(state): State<RestState>,
                Extension(who): Extension<Actor>,
                Id { id }: Id,
                query: HistoryQuery,
            ) -> RestResult<Json<Page<Revision>>> {
                let (limit, before) = query.parse()?;
                // One row more than the page tells whether there is another.
                let found = state.operations.revisions(&who, KIND, &id, before, limit as u32 + 1).await?;
                Ok(Json(Page::from_rows(found, limit, |it| it.revision.to_string())))
            }

            /// Replaces an object; the body carries the revision that it was made from.
            #[utoipa::path(put, path = $item, tag = $tag, operation_id = concat!("replace_", stringify!($module)),
                params(Id), request_body = $body,
                responses((status = 200, body = $view), (status = 403, body = ErrorBody),
                    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
                    (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
            pub async fn replace(
                State(state): State<RestState>,
                Extension(who): Extension<Actor>,
                Id { id }: Id,
                JsonBody(body): JsonBody,
            ) -> RestResult<Json<Value>> {
                Ok(Json(state.operations.replace(&who, KIND, &id, body).await?.body))
            }

            /// Changes an object by a JSON merge patch (RFC 7396) that carries the revision.
            #[utoipa::path(patch, path = $item, tag = $tag, operation_id = concat!("patch_", stringify!($module)),
                params(Id),
                request_body(content = Object, description = "The fields to change, and the revision."),
                responses((status = 200, body = $view), (status = 403, body = ErrorBody),
                    (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
                    (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
            pub async fn patch(
                State(state): State<RestState>,
                Extension(who): Extension<Actor>,
                Id { id }: Id,
                JsonBody(body): JsonBody,
            ) -> RestResult<Json<Value>> {
                Ok(Json(state.operations.patch(&who, KIND, &id, body).await?.body))
            }

            /// Deletes an object that nothing refers to.
            #[utoipa::path(delete, path = $item, tag = $tag, operation_id = concat!("delete_", stringify!($module)),
                params(Id),
                responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
                    (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
            pub async fn delete(
                State(state): State<RestState>,
                Extension(who): Extension<Actor>,
                Id { id }: Id,
            ) -> RestResult<StatusCode> {
                state.operations.delete(&who, KIND, &id).await?;
                Ok(StatusCode::NO_CONTENT)
            }
        }
    };
}

collection!(
    instances,
    ObjectKind::Instance,
    |it| vec![it.id.to_string(), it.spec.name.clone()],
    "/instances",
    "/instances/{id}",
    "/instances/{id}/revisions",
    "instances",
    schema::InstanceRead,
    schema::InstanceBody
);
collection!(
    target_groups,
    ObjectKind::TargetGroup,
    |it| vec![it.id.to_string(), it.spec.name.clone(), it.spec.display_name.clone()],
    "/target-groups",
    "/target-groups/{id}",
    "/target-groups/{id}/revisions",
    "target groups",
    app::domain::console::view::TargetGroupView,
    schema::TargetGroupBody
);
collection!(
    balancers,
    ObjectKind::SmartBalancer,
    |it| vec![it.id.to_string(), it.spec.name.clone(), it.spec.serving_name.clone()],
    "/smart-balancers",
    "/smart-balancers/{id}",
    "/smart-balancers/{id}/revisions",
    "smart balancers",
    schema::BalancerRead,
    schema::BalancerBody
);
