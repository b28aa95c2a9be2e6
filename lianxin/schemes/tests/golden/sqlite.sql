-- contact-131 counting
SELECT
  "t6"."unit_id",
  IIF("t6"."kind" = 'liaison.researched', 1, 0) AS "n_research"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      "t0"."kind" = 'liaison.researched'
      AND "t0"."happened_on" >= '2026-01-01'
      AND "t0"."happened_on" <= '2026-05-31'
      AND (
        (
          "t0"."batch_id" IS NULL
        )
        OR "t0"."batch_id" IN (
          SELECT
            "t2"."id"
          FROM "ledger_batch" AS "t2"
          WHERE
            "t2"."visible"
        )
      )
      AND "t0"."valid_to" IS NULL
  ) AS "t5"
  WHERE
    "t5"."unit_id" IN (
      SELECT
        *
      FROM "scope_units" AS "t1"
    )
) AS "t6"

-- contact-131 counted
SELECT
  "t0"."unit_id",
  CAST(SUM("t0"."n_research") AS INTEGER) AS "n_research"
FROM "counting" AS "t0"
GROUP BY
  1

-- contact-131 once_solve
SELECT
  "t8"."unit_id",
  CAST(SUM("t8"."one") AS INTEGER) AS "n_solve"
FROM (
  SELECT
    "t7"."unit_id",
    "t7"."subject",
    "t7"."entries",
    IIF("t7"."subject" = '', "t7"."entries", 1) AS "one"
  FROM (
    SELECT
      "t6"."unit_id",
      "t6"."subject",
      COUNT(*) AS "entries"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM "ledger_entry" AS "t0"
        WHERE
          "t0"."kind" IN ('liaison.problem_confirmed', 'cases.solved')
          AND "t0"."happened_on" >= '2026-01-01'
          AND "t0"."happened_on" <= '2026-05-31'
          AND (
            (
              "t0"."batch_id" IS NULL
            )
            OR "t0"."batch_id" IN (
              SELECT
                "t2"."id"
              FROM "ledger_batch" AS "t2"
              WHERE
                "t2"."visible"
            )
          )
          AND "t0"."valid_to" IS NULL
      ) AS "t5"
      WHERE
        "t5"."unit_id" IN (
          SELECT
            *
          FROM "scope_units" AS "t1"
        )
    ) AS "t6"
    GROUP BY
      1,
      2
  ) AS "t7"
) AS "t8"
GROUP BY
  1

-- three-meetings-one-lesson counting
SELECT
  "t6"."unit_id",
  IIF(
    "t6"."kind" = 'gatherings.members_met',
    IIF("t6"."happened_on" <= '2026-03-31', 1, 8),
    0
  ) AS "done_members",
  IIF(
    "t6"."kind" = 'gatherings.committee_met',
    IIF(
      "t6"."happened_on" <= '2026-02-28',
      IIF("t6"."happened_on" <= '2026-01-31', 1, 2),
      IIF(
        "t6"."happened_on" <= '2026-03-31',
        4,
        IIF("t6"."happened_on" <= '2026-04-30', 8, 16)
      )
    ),
    0
  ) AS "done_committee",
  IIF(
    "t6"."kind" = 'gatherings.group_met',
    IIF(
      "t6"."happened_on" <= '2026-02-28',
      IIF("t6"."happened_on" <= '2026-01-31', 1, 2),
      IIF(
        "t6"."happened_on" <= '2026-03-31',
        4,
        IIF("t6"."happened_on" <= '2026-04-30', 8, 16)
      )
    ),
    0
  ) AS "done_group",
  IIF(
    "t6"."kind" = 'gatherings.lesson_held',
    IIF("t6"."happened_on" <= '2026-03-31', 1, 8),
    0
  ) AS "done_lesson"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      "t0"."kind" IN (
        'gatherings.committee_met',
        'gatherings.group_met',
        'gatherings.lesson_held',
        'gatherings.members_met'
      )
      AND "t0"."happened_on" >= '2026-01-01'
      AND "t0"."happened_on" <= '2026-05-31'
      AND (
        (
          "t0"."batch_id" IS NULL
        )
        OR "t0"."batch_id" IN (
          SELECT
            "t2"."id"
          FROM "ledger_batch" AS "t2"
          WHERE
            "t2"."visible"
        )
      )
      AND "t0"."valid_to" IS NULL
  ) AS "t5"
  WHERE
    "t5"."unit_id" IN (
      SELECT
        *
      FROM "scope_units" AS "t1"
    )
) AS "t6"

-- three-meetings-one-lesson counted
SELECT
  "t0"."unit_id",
  MAX("t0"."done_members" & 1) + MAX("t0"."done_members" & 8) AS "done_members",
  MAX("t0"."done_committee" & 1) + MAX("t0"."done_committee" & 2) + MAX("t0"."done_committee" & 4) + MAX("t0"."done_committee" & 8) + MAX("t0"."done_committee" & 16) AS "done_committee",
  MAX("t0"."done_group" & 1) + MAX("t0"."done_group" & 2) + MAX("t0"."done_group" & 4) + MAX("t0"."done_group" & 8) + MAX("t0"."done_group" & 16) AS "done_group",
  MAX("t0"."done_lesson" & 1) + MAX("t0"."done_lesson" & 8) AS "done_lesson"
FROM "counting" AS "t0"
GROUP BY
  1

-- election-due facts
SELECT
  "t4"."unit_id",
  MAX("t4"."value") FILTER(WHERE
    (
      "t4"."key" = 'founded_on'
    )
    AND (
      (
        "t4"."until" IS NULL
      ) OR (
        "t4"."until" > '2026-05-31'
      )
    )) AS "fact_founded_on",
  MAX("t4"."value") FILTER(WHERE
    (
      "t4"."key" = 'term_years'
    )
    AND (
      (
        "t4"."until" IS NULL
      ) OR (
        "t4"."until" > '2026-05-31'
      )
    )) AS "fact_term_years"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "organizations_fact" AS "t0"
    WHERE
      "t0"."key" IN ('founded_on', 'term_years')
      AND "t0"."valid_to" IS NULL
      AND "t0"."since" <= '2026-05-31'
      AND (
        (
          "t0"."until" IS NULL
        ) OR (
          "t0"."until" > '2026-01-01'
        )
      )
  ) AS "t3"
  WHERE
    "t3"."unit_id" IN (
      SELECT
        *
      FROM "scope_units" AS "t1"
    )
) AS "t4"
GROUP BY
  1

-- election-due last_election
SELECT
  "t6"."unit_id",
  MAX("t6"."happened_on") AS "last_election",
  MAX("t6"."happened_on") FILTER(WHERE
    "t6"."happened_on" < '2026-01-01') AS "before_election",
  MIN("t6"."happened_on") FILTER(WHERE
    NOT (
      "t6"."happened_on" < '2026-01-01'
    )) AS "again_election"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      "t0"."kind" = 'organizations.election_held'
      AND "t0"."happened_on" <= '2026-05-31'
      AND (
        (
          "t0"."batch_id" IS NULL
        )
        OR "t0"."batch_id" IN (
          SELECT
            "t2"."id"
          FROM "ledger_batch" AS "t2"
          WHERE
            "t2"."visible"
        )
      )
      AND "t0"."valid_to" IS NULL
  ) AS "t5"
  WHERE
    "t5"."unit_id" IN (
      SELECT
        *
      FROM "scope_units" AS "t1"
    )
) AS "t6"
GROUP BY
  1

-- cells once_dense
SELECT
  "t8"."unit_id",
  CAST(SUM(IIF("t8"."n" >= 31, "t8"."cell", CAST(NULL AS INTEGER))) AS INTEGER) AS "done_dense",
  MAX(IIF((
    "t8"."cell" = 16
  ) AND (
    "t8"."n" >= 30
  ), 16, 0)) AS "still_dense"
FROM (
  SELECT
    "t7"."unit_id",
    "t7"."cell",
    COUNT(*) AS "n"
  FROM (
    SELECT DISTINCT
      "t6"."unit_id",
      IIF(
        "t6"."happened_on" <= '2026-02-28',
        IIF("t6"."happened_on" <= '2026-01-31', 1, 2),
        IIF(
          "t6"."happened_on" <= '2026-03-31',
          4,
          IIF("t6"."happened_on" <= '2026-04-30', 8, 16)
        )
      ) AS "cell",
      "t6"."happened_on"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM "ledger_entry" AS "t0"
        WHERE
          "t0"."kind" = 'c.done'
          AND "t0"."happened_on" >= '2026-01-01'
          AND "t0"."happened_on" <= '2026-05-31'
          AND (
            (
              "t0"."batch_id" IS NULL
            )
            OR "t0"."batch_id" IN (
              SELECT
                "t2"."id"
              FROM "ledger_batch" AS "t2"
              WHERE
                "t2"."visible"
            )
          )
          AND "t0"."valid_to" IS NULL
      ) AS "t5"
      WHERE
        "t5"."unit_id" IN (
          SELECT
            *
          FROM "scope_units" AS "t1"
        )
    ) AS "t6"
  ) AS "t7"
  GROUP BY
    1,
    2
) AS "t8"
GROUP BY
  1
