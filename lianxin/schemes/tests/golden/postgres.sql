-- contact-131 slots
SELECT
  "t7"."unit_id",
  "t7"."slot",
  COUNT(*) AS "n"
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
    0 AS "slot"
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
) AS "t7"
GROUP BY
  1,
  2

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
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 1, 31)
        THEN 1
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 2, 28)
        THEN 2
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 3, 31)
        THEN 4
        WHEN "t6"."happened_on" <= MAKE_DATE(2026, 4, 30)
        THEN 8
        ELSE 16
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
