-- contact-131 counting
SELECT
  "t6"."unit_id",
  CASE WHEN "t6"."kind" = 'liaison.researched' THEN 1 ELSE 0 END AS "n_research",
  CASE
    WHEN "t6"."kind" = 'liaison.inspected'
    THEN SUBTRACT("t6"."happened_on", CAST('2026-01-01' AS DATE))
    ELSE CAST(NULL AS BIGINT)
  END AS "n_inspect"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      LIST_POSITION(CAST(['liaison.inspected', 'liaison.researched'] AS TEXT[]), "t0"."kind") > 0
      AND "t0"."happened_on" >= CAST('2026-01-01' AS DATE)
      AND "t0"."happened_on" <= CAST('2026-05-31' AS DATE)
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
  CAST(SUM("t0"."n_research") AS INT) AS "n_research",
  BIT_COUNT(BITSTRING_AGG("t0"."n_inspect", 0, 150)) AS "n_inspect"
FROM "counting" AS "t0"
GROUP BY
  1

-- contact-131 once_solve
SELECT
  "t8"."unit_id",
  CAST(SUM("t8"."one") AS INT) AS "n_solve"
FROM (
  SELECT
    "t7"."unit_id",
    "t7"."subject",
    "t7"."entries",
    CASE WHEN "t7"."subject" = '' THEN "t7"."entries" ELSE 1 END AS "one"
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
          LIST_POSITION(CAST(['liaison.problem_confirmed', 'cases.solved'] AS TEXT[]), "t0"."kind") > 0
          AND "t0"."happened_on" >= CAST('2026-01-01' AS DATE)
          AND "t0"."happened_on" <= CAST('2026-05-31' AS DATE)
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
  CASE
    WHEN "t6"."kind" = 'gatherings.members_met'
    THEN LIST_EXTRACT([1, 1, 1, 8, 8, 8], MONTH("t6"."happened_on"))
    ELSE 0
  END AS "done_members",
  CASE
    WHEN "t6"."kind" = 'gatherings.committee_met'
    THEN LIST_EXTRACT([1, 2, 4, 8, 16], MONTH("t6"."happened_on"))
    ELSE 0
  END AS "done_committee",
  CASE
    WHEN "t6"."kind" = 'gatherings.group_met'
    THEN LIST_EXTRACT([1, 2, 4, 8, 16], MONTH("t6"."happened_on"))
    ELSE 0
  END AS "done_group",
  CASE
    WHEN "t6"."kind" = 'gatherings.lesson_held'
    THEN LIST_EXTRACT([1, 1, 1, 8, 8, 8], MONTH("t6"."happened_on"))
    ELSE 0
  END AS "done_lesson"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      LIST_POSITION(
        CAST([
          'gatherings.committee_met',
          'gatherings.group_met',
          'gatherings.lesson_held',
          'gatherings.members_met'
        ] AS TEXT[]),
        "t0"."kind"
      ) > 0
      AND "t0"."happened_on" >= CAST('2026-01-01' AS DATE)
      AND "t0"."happened_on" <= CAST('2026-05-31' AS DATE)
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
  BIT_OR("t0"."done_members") AS "done_members",
  BIT_OR("t0"."done_committee") AS "done_committee",
  BIT_OR("t0"."done_group") AS "done_group",
  BIT_OR("t0"."done_lesson") AS "done_lesson"
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
        "t4"."until" > CAST('2026-05-31' AS DATE)
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
        "t4"."until" > CAST('2026-05-31' AS DATE)
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
      AND "t0"."since" <= CAST('2026-05-31' AS DATE)
      AND (
        (
          "t0"."until" IS NULL
        ) OR (
          "t0"."until" > CAST('2026-01-01' AS DATE)
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
    "t6"."happened_on" < CAST('2026-01-01' AS DATE)) AS "before_election",
  MIN("t6"."happened_on") FILTER(WHERE
    NOT (
      "t6"."happened_on" < CAST('2026-01-01' AS DATE)
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
      AND "t0"."happened_on" <= CAST('2026-05-31' AS DATE)
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
  "t9"."unit_id",
  CAST(SUM(CASE WHEN "t9"."n" >= 31 THEN "t9"."cell" ELSE CAST(NULL AS BIGINT) END) AS INT) AS "done_dense",
  MAX(CASE WHEN (
    "t9"."cell" = 16
  ) AND (
    "t9"."n" >= 30
  ) THEN 16 ELSE 0 END) AS "still_dense"
FROM (
  SELECT
    "t8"."unit_id",
    "t8"."cell",
    COUNT(*) AS "n"
  FROM (
    SELECT DISTINCT
      "t7"."unit_id",
      "t7"."cell",
      "t7"."happened_on"
    FROM (
      SELECT
        "t6"."id",
        "t6"."kind",
        "t6"."unit_id",
        "t6"."unit_path",
        "t6"."happened_on",
        "t6"."recorded_at",
        "t6"."valid_to",
        "t6"."quantity",
        "t6"."subject",
        "t6"."batch_id",
        LIST_EXTRACT([1, 2, 4, 8, 16], MONTH("t6"."happened_on")) AS "cell"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            *
          FROM "ledger_entry" AS "t0"
          WHERE
            "t0"."kind" = 'c.done'
            AND "t0"."happened_on" >= CAST('2026-01-01' AS DATE)
            AND "t0"."happened_on" <= CAST('2026-05-31' AS DATE)
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
  ) AS "t8"
  GROUP BY
    1,
    2
) AS "t9"
GROUP BY
  1
