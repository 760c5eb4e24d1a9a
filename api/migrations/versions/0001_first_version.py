"""Every table of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """To this revision."""
    _create_users()
    _create_boxes()
    _create_cameras()
    _create_candidates()
    _create_evidence()
    _create_review()
    _create_cases()
    _create_retention()
    _create_stamping()
    _create_feed()
    _create_audit()
    _create_counters()


def downgrade() -> None:
    """Back to nothing."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _create_users() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_key_at", "login_attempts", ["key", "at"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["organisations.id"],
            name=op.f("fk_organisations_parent_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("path", name=op.f("uq_organisations_path")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("legal_qualified", sa.Boolean(), nullable=False),
        sa.Column("certificate_number", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_users_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_index(op.f("ix_users_organisation_id"), "users", ["organisation_id"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("csrf_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login_sessions")),
    )
    op.create_index(
        op.f("ix_login_sessions_expires_at"), "login_sessions", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], unique=False)
    op.create_table(
        "machine_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_machine_tokens_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_machine_tokens_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_machine_tokens_token_sha256")),
    )


def _create_boxes() -> None:
    op.create_table(
        "boxes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("software", sa.String(length=200), nullable=False),
        sa.Column("clock_difference_seconds", sa.Double(), nullable=True),
        sa.Column("status", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_boxes_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boxes")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_boxes_token_sha256")),
    )
    op.create_index(op.f("ix_boxes_organisation_id"), "boxes", ["organisation_id"], unique=False)
    op.create_table(
        "box_gaps",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("camera_id", sa.String(length=64), nullable=True),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_box_gaps_box_id_boxes")),
        sa.PrimaryKeyConstraint("box_id", "key_id", "number", name=op.f("pk_box_gaps")),
    )
    op.create_index(
        "ix_box_gaps_camera", "box_gaps", ["camera_id", "reason", "began_at"], unique=False
    )
    op.create_table(
        "box_keys",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("complete_through", sa.BigInteger(), nullable=False),
        sa.Column("gaps_through", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_box_keys_box_id_boxes")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_box_keys")),
    )
    op.create_index(op.f("ix_box_keys_box_id"), "box_keys", ["box_id"], unique=False)
    op.create_table(
        "box_manifests",
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["box_id"], ["boxes.id"], name=op.f("fk_box_manifests_box_id_boxes")
        ),
        sa.PrimaryKeyConstraint("box_id", "key_id", "sequence", name=op.f("pk_box_manifests")),
        sa.UniqueConstraint("sha256", name=op.f("uq_box_manifests_sha256")),
    )
    op.create_index(
        op.f("ix_box_manifests_candidate_id"), "box_manifests", ["candidate_id"], unique=False
    )
    op.create_table(
        "enrolment_codes",
        sa.Column("code_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_enrolment_codes_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_enrolment_codes_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_enrolment_codes")),
    )
    op.create_index(op.f("ix_enrolment_codes_box_id"), "enrolment_codes", ["box_id"], unique=False)


def _create_cameras() -> None:
    op.create_table(
        "evidence_bases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=32), nullable=False),
        sa.Column("violation", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=300), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_bases")),
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("coord_sys", sa.String(length=16), nullable=False),
        sa.Column("mount", sa.String(length=16), nullable=False),
        sa.Column("owner_organisation", sa.String(length=200), nullable=False),
        sa.Column("sharing_basis", sa.Text(), nullable=False),
        sa.Column("permitted_purposes", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_cameras_box_id_boxes")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_cameras_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
    )
    op.create_index(op.f("ix_cameras_box_id"), "cameras", ["box_id"], unique=False)
    op.create_index(
        op.f("ix_cameras_organisation_id"), "cameras", ["organisation_id"], unique=False
    )
    op.create_table(
        "camera_gates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("met_from", INSTANT, nullable=False),
        sa.Column("met_until", INSTANT, nullable=True),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_gates_camera_id_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_gates")),
    )
    op.create_index(op.f("ix_camera_gates_camera_id"), "camera_gates", ["camera_id"], unique=False)
    op.create_table(
        "camera_pictures",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("captured_at", INSTANT, nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("looked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_pictures_camera_id_cameras")
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_pictures")),
    )
    op.create_table(
        "camera_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_versions_camera_id_cameras")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_versions")),
        sa.UniqueConstraint(
            "camera_id", "number", name=op.f("uq_camera_versions_camera_id_number")
        ),
    )
    op.create_index(
        "ix_camera_versions_as_of", "camera_versions", ["camera_id", "valid_from"], unique=False
    )


def _create_candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("box_id", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("violation", sa.String(length=32), nullable=False),
        sa.Column("subtype", sa.String(length=64), nullable=False),
        sa.Column("zone_id", sa.String(length=64), nullable=False),
        sa.Column("episode_state", sa.String(length=16), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("fired_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("recurrence_of", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("template_complete", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("priority_reasons", JSON, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("evidence_use", sa.String(length=32), nullable=False),
        sa.Column("evidence_use_reasons", JSON, nullable=False),
        sa.Column("quality_flags", JSON, nullable=False),
        sa.Column("policy", JSON, nullable=False),
        sa.Column("integrity_frozen", sa.Text(), nullable=True),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("evidence_deleted_at", INSTANT, nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("undo_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_candidates_box_id_boxes")),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_candidates_camera_id_cameras")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["users.id"], name=op.f("fk_candidates_claimed_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("number", name=op.f("uq_candidates_number")),
    )
    op.create_index(op.f("ix_candidates_claimed_by"), "candidates", ["claimed_by"], unique=False)
    op.create_index(op.f("ix_candidates_expires_at"), "candidates", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_candidates_organisation_path"), "candidates", ["organisation_path"], unique=False
    )
    op.create_index(
        "ix_candidates_outcome",
        "candidates",
        ["received_at", "camera_id", "violation", "state", "organisation_path", "started_at"],
        unique=False,
    )
    op.create_index(
        "ix_candidates_queue",
        "candidates",
        ["state", "priority", "due_at", "id", "organisation_path", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_candidates_queue_camera",
        "candidates",
        ["state", "camera_id", "priority", "due_at", "id", "organisation_path"],
        unique=False,
    )
    op.create_index(
        "ix_candidates_queue_violation",
        "candidates",
        ["state", "violation", "priority", "due_at", "id", "organisation_path"],
        unique=False,
    )
    op.create_index(op.f("ix_candidates_received_at"), "candidates", ["received_at"], unique=False)
    op.create_index(
        "ix_candidates_retention",
        "candidates",
        ["state", "evidence_deleted_at", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_candidates_spot", "candidates", ["camera_id", "violation", "started_at"], unique=False
    )
    op.create_index(op.f("ix_candidates_undo_until"), "candidates", ["undo_until"], unique=False)
    op.create_table(
        "candidate_updates",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("camera_version_id", sa.Uuid(), nullable=True),
        sa.Column("is_supplement", sa.Boolean(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidates.id"],
            name=op.f("fk_candidate_updates_candidate_id_candidates"),
        ),
        sa.PrimaryKeyConstraint("candidate_id", "update", name=op.f("pk_candidate_updates")),
        sa.UniqueConstraint("manifest_sha256", name=op.f("uq_candidate_updates_manifest_sha256")),
    )


def _create_evidence() -> None:
    op.create_table(
        "stored_objects",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.Column("verified_at", INSTANT, nullable=False),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("deletion_reason", sa.String(length=64), nullable=False),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_objects")),
    )
    op.create_table(
        "evidence_items",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=True),
        sa.Column("captured_at", INSTANT, nullable=False),
        sa.Column("is_original", sa.Boolean(), nullable=False),
        sa.Column("is_redacted", sa.Boolean(), nullable=False),
        sa.Column("derived_from", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id", "update"],
            ["candidate_updates.candidate_id", "candidate_updates.update"],
            name=op.f("fk_evidence_items_candidate_id_update_candidate_updates"),
        ),
        sa.PrimaryKeyConstraint("candidate_id", "update", "name", name=op.f("pk_evidence_items")),
    )
    op.create_index("ix_evidence_items_sha256", "evidence_items", ["sha256"], unique=False)


def _create_review() -> None:
    op.create_table(
        "review_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("violation", sa.String(length=32), nullable=True),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("stages", JSON, nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_review_policies_created_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_policies")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("checklist", JSON, nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("missing", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("fact", JSON, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("seconds_to_decide", sa.Double(), nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_decisions_candidate_id_candidates")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_decisions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(
        "ix_decisions_candidate", "decisions", ["candidate_id", "user_id"], unique=False
    )
    op.create_index(
        "ix_decisions_pace",
        "decisions",
        [
            "decided_at",
            "stage",
            "verdict",
            "undone_at",
            "organisation_path",
            "due_at",
            "seconds_to_decide",
        ],
        unique=False,
    )


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("violation", sa.String(length=32), nullable=False),
        sa.Column("subtype", sa.String(length=64), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("frozen_update", sa.Integer(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("evidence_use", sa.String(length=32), nullable=False),
        sa.Column("evidence_use_reasons", JSON, nullable=False),
        sa.Column("legal_bases", JSON, nullable=False),
        sa.Column("inquiry_code_sha256", sa.String(length=64), nullable=False),
        sa.Column("withdraw_reason", sa.String(length=32), nullable=True),
        sa.Column("withdraw_note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_cases_candidate_id_candidates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("candidate_id", name=op.f("uq_cases_candidate_id")),
        sa.UniqueConstraint("inquiry_code_sha256", name=op.f("uq_cases_inquiry_code_sha256")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(op.f("ix_cases_camera_id"), "cases", ["camera_id"], unique=False)
    op.create_index(op.f("ix_cases_created_at"), "cases", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_cases_organisation_path"), "cases", ["organisation_path"], unique=False
    )
    op.create_index("ix_cases_state_number", "cases", ["state", "number"], unique=False)
    op.create_table(
        "case_callbacks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("callback_id", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reported_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_callbacks_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["machine_tokens.id"],
            name=op.f("fk_case_callbacks_token_id_machine_tokens"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_callbacks")),
        sa.UniqueConstraint(
            "token_id", "callback_id", name=op.f("uq_case_callbacks_token_id_callback_id")
        ),
    )
    op.create_index(op.f("ix_case_callbacks_case_id"), "case_callbacks", ["case_id"], unique=False)


def _create_retention() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=False),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("certificate", JSON, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("audit_number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_deletions_candidate_id_candidates")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deletions_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletions")),
        sa.UniqueConstraint("number", name=op.f("uq_deletions_number")),
    )
    op.create_index(op.f("ix_deletions_candidate_id"), "deletions", ["candidate_id"], unique=False)
    op.create_index(
        "ix_deletions_open", "deletions", ["completed_at", "leased_until"], unique=False
    )
    op.create_index(
        op.f("ix_deletions_organisation_path"), "deletions", ["organisation_path"], unique=False
    )


def _create_stamping() -> None:
    op.create_table(
        "manifest_stamps",
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("update", sa.Integer(), nullable=False),
        sa.Column("wanted_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("last_problem", sa.Text(), nullable=False),
        sa.Column("stamped_at", INSTANT, nullable=True),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("manifest_sha256", name=op.f("pk_manifest_stamps")),
    )
    op.create_index(
        "ix_manifest_stamps_waiting", "manifest_stamps", ["stamped_at", "next_try_at"], unique=False
    )


def _create_feed() -> None:
    op.create_table(
        "events",
        sa.Column("cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index(op.f("ix_events_case_id"), "events", ["case_id"], unique=False)
    op.create_index(op.f("ix_events_type"), "events", ["type"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("event_types", JSON, nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("gone_in_a_row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_seconds", sa.Double(), nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["cursor"], ["events.cursor"], name=op.f("fk_deliveries_cursor_events")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_deliveries_subscriber_id_subscribers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_cursor"), "deliveries", ["cursor"], unique=False)
    op.create_index("ix_deliveries_due", "deliveries", ["state", "next_try_at"], unique=False)
    op.create_index(
        op.f("ix_deliveries_subscriber_id"), "deliveries", ["subscriber_id"], unique=False
    )


def _create_audit() -> None:
    op.create_table(
        "access_register",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("item_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("audit_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_register")),
    )
    op.create_index(op.f("ix_access_register_at"), "access_register", ["at"], unique=False)
    op.create_index(
        op.f("ix_access_register_candidate_id"), "access_register", ["candidate_id"], unique=False
    )
    op.create_index(
        op.f("ix_access_register_user_id"), "access_register", ["user_id"], unique=False
    )
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_path", sa.String(length=400), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_action"), "audit_entries", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entries_actor_id"), "audit_entries", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index(
        "ix_audit_entries_subject",
        "audit_entries",
        ["subject_kind", "subject_id", "number"],
        unique=False,
    )


def _create_counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )


# In the order in which they are made.
TABLES = (
    "login_attempts",
    "organisations",
    "users",
    "login_sessions",
    "machine_tokens",
    "boxes",
    "box_gaps",
    "box_keys",
    "box_manifests",
    "enrolment_codes",
    "evidence_bases",
    "cameras",
    "camera_gates",
    "camera_pictures",
    "camera_versions",
    "candidates",
    "candidate_updates",
    "stored_objects",
    "evidence_items",
    "review_policies",
    "decisions",
    "cases",
    "case_callbacks",
    "deletions",
    "manifest_stamps",
    "events",
    "subscribers",
    "deliveries",
    "access_register",
    "audit_entries",
    "counters",
)
