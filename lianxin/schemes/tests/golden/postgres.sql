-- contact-131 counting
SELECT
  "t6"."unit_id",
  CASE WHEN "t6"."kind" = 'liaison.researched' THEN 1 ELSE 0 END AS "n_research"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM "ledger_entry" AS "t0"
    WHERE
      "t0"."kind" = 'liaison.researched'
      AND "t0"."happened_on" >= MAKE_DATE(2026, 1, 1)
      AND "t0"."happened_on" <= MAKE_DATE(2026, 5, 31)
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
  CAST(SUM("t0"."n_research") AS INT) AS "n_research"
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
          "t0"."kind" IN ('liaison.problem_confirmed', 'cases.solved')
          AND "t0"."happened_on" >= MAKE_DATE(2026, 1, 1)
          AND "t0"."happened_on" <= MAKE_DATE(2026, 5, 31)
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
    THEN CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31) THEN 1 ELSE 8 END
    ELSE 0
  END AS "done_members",
  CASE
    WHEN "t6"."kind" = 'gatherings.committee_met'
    THEN CASE
      WHEN "t6"."happened_on" <= MAKE_DATE(2026, 2, 28)
      THEN CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 1, 31) THEN 1 ELSE 2 END
      ELSE CASE
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31)
        THEN 4
        ELSE CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 4, 30) THEN 8 ELSE 16 END
      END
    END
    ELSE 0
  END AS "done_committee",
  CASE
    WHEN "t6"."kind" = 'gatherings.group_met'
    THEN CASE
      WHEN "t6"."happened_on" <= MAKE_DATE(2026, 2, 28)
      THEN CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 1, 31) THEN 1 ELSE 2 END
      ELSE CASE
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31)
        THEN 4
        ELSE CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 4, 30) THEN 8 ELSE 16 END
      END
    END
    ELSE 0
  END AS "done_group",
  CASE
    WHEN "t6"."kind" = 'gatherings.lesson_held'
    THEN CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31) THEN 1 ELSE 8 END
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
      "t0"."kind" IN (
        'gatherings.committee_met',
        'gatherings.group_met',
        'gatherings.lesson_held',
        'gatherings.members_met'
      )
      AND "t0"."happened_on" >= MAKE_DATE(2026, 1, 1)
      AND "t0"."happened_on" <= MAKE_DATE(2026, 5, 31)
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
        "t4"."until" > MAKE_DATE(2026, 5, 31)
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
        "t4"."until" > MAKE_DATE(2026, 5, 31)
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
      AND "t0"."since" <= MAKE_DATE(2026, 5, 31)
      AND (
        (
          "t0"."until" IS NULL
        ) OR (
          "t0"."until" > MAKE_DATE(2026, 1, 1)
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
    "t6"."happened_on" < MAKE_DATE(2026, 1, 1)) AS "before_election",
  MIN("t6"."happened_on") FILTER(WHERE
    NOT (
      "t6"."happened_on" < MAKE_DATE(2026, 1, 1)
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
      AND "t0"."happened_on" <= MAKE_DATE(2026, 5, 31)
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
  CAST(SUM(CASE WHEN "t8"."n" >= 31 THEN "t8"."cell" ELSE CAST(NULL AS BIGINT) END) AS INT) AS "done_dense",
  MAX(CASE WHEN (
    "t8"."cell" = 16
  ) AND (
    "t8"."n" >= 30
  ) THEN 16 ELSE 0 END) AS "still_dense"
FROM (
  SELECT
    "t7"."unit_id",
    "t7"."cell",
    COUNT(*) AS "n"
  FROM (
    SELECT DISTINCT
      "t6"."unit_id",
      CASE
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 2, 28)
        THEN CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 1, 31) THEN 1 ELSE 2 END
        ELSE CASE
          WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31)
          THEN 4
          ELSE CASE WHEN "t6"."happened_on" <= MAKE_DATE(2026, 4, 30) THEN 8 ELSE 16 END
        END
      END AS "cell",
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
          AND "t0"."happened_on" >= MAKE_DATE(2026, 1, 1)
          AND "t0"."happened_on" <= MAKE_DATE(2026, 5, 31)
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
