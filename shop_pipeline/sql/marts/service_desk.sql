-- What a service desk reads of a customer, as columns and as one line in English and Chinese. Everything is in the
-- published file: no name, address, number, city or year of birth. A topic is free text, in which somebody may have
-- written anything: one that fewer than 5 customers have is not told. Days are days where the shop is.
-- Who is held out of recommendations gets none from the desk either: it would spoil the comparison.
WITH placed AS (
    SELECT customer_id, order_id, min(line_at) AS ordered_at, min(line_date) AS order_date, sum(gross_amount) AS amount
    FROM clean.order_lines
    WHERE line_at < getvariable('as_of') AND customer_id IS NOT NULL AND NOT is_return
    GROUP BY customer_id, order_id
),
last_orders AS (
    SELECT
        customer_id, min(order_date) AS first_order_date,
        arg_max(order_id, (ordered_at, order_id)) AS last_order_id,
        arg_max(order_date, (ordered_at, order_id)) AS last_order_date,
        arg_max(amount, (ordered_at, order_id))::DECIMAL(18, 4) AS last_order_amount
    FROM placed
    GROUP BY customer_id
),
gave_back AS (
    SELECT customer_id, count(DISTINCT return_event_id) AS n_returns, max(return_date) AS last_return_date
    FROM clean.returns
    WHERE returned_at < getvariable('as_of')
    GROUP BY customer_id
),
common_topics AS (
    SELECT topic
    FROM clean.tickets
    WHERE opened_at < getvariable('as_of')
    GROUP BY topic
    HAVING count(DISTINCT customer_id) >= 5
),
asked AS (
    SELECT
        customer_id,
        -- What is closed at the clock or after it was open then, and its mark is not known yet.
        count(*) FILTER (coalesce(closed_at >= getvariable('as_of'), true)) AS n_open_tickets,
        avg(satisfaction::DECIMAL(18, 4)) FILTER (closed_at < getvariable('as_of')) AS mean_satisfaction,
        CAST(max(opened_at) AT TIME ZONE 'UTC' AT TIME ZONE getvariable('timezone') AS DATE) AS last_ticket_date,
        arg_max_null(common_topics.topic, (opened_at, ticket_id)) AS last_ticket_topic
    FROM clean.tickets
    LEFT JOIN common_topics USING (topic)
    WHERE opened_at < getvariable('as_of')
    GROUP BY customer_id
),
named AS (
    SELECT
        customer_id,
        max(profiles.segment_label) FILTER (method = 'rfm') AS segment_en,
        max(profiles.segment_label_zh) FILTER (method = 'rfm') AS segment_zh,
        max(profiles.segment_label_zh) FILTER (method = 'kmeans') AS persona_zh
    FROM marts.customer_segments
    JOIN marts.segment_profiles AS profiles USING (method, segment)
    GROUP BY customer_id
),
advised AS (
    SELECT customer_id, product_id AS next_product_id, coalesce(title, product_id) AS next_product_title
    FROM marts.recommendations
    JOIN clean.products USING (product_id)
    WHERE rank = 1 AND NOT is_holdout
),
told AS (
    SELECT
        known.*, first_order_date, last_order_id, last_order_date, last_order_amount,
        coalesce(n_returns, 0) AS n_returns, last_return_date,
        coalesce(n_open_tickets, 0) AS n_open_tickets, mean_satisfaction, last_ticket_date, last_ticket_topic,
        segment_en, segment_zh, persona_zh, next_product_id, next_product_title,
        known.net_revenue::DECIMAL(18, 2) || ' ' || getvariable('currency') AS net,
        known.returned_revenue::DECIMAL(18, 2) || ' ' || getvariable('currency') AS returned,
        last_order_amount::DECIMAL(18, 2) || ' ' || getvariable('currency') AS paid_last,
        format('{:.0f}', round(known.clv)) || ' ' || getvariable('currency') AS worth,
        round(100 * churn_probability)::BIGINT || '%' AS churn,
        round(mean_satisfaction, 1)::DECIMAL(18, 1) AS mark
    FROM marts.customer_360 AS known
    LEFT JOIN last_orders USING (customer_id)
    LEFT JOIN gave_back USING (customer_id)
    LEFT JOIN asked USING (customer_id)
    LEFT JOIN named USING (customer_id)
    LEFT JOIN advised USING (customer_id)
),
-- concat_ws leaves out what is null: what is not known is not said.
said AS (
    SELECT
        *,
        concat_ws(
            '; ',
            CASE WHEN len(labels) > 0 THEN array_to_string(labels, ', ') END,
            CASE WHEN n_orders = 0 THEN 'no order yet'
                ELSE 'customer since ' || first_order_date || ', ' || n_orders
                    || CASE WHEN n_orders = 1 THEN ' order' ELSE ' orders' END || ', ' || net || ' net'
                    || CASE WHEN returned_revenue > 0 THEN ' (' || returned || ' paid back)' ELSE '' END END,
            'last order ' || last_order_id || ' on ' || last_order_date || ', ' || paid_last,
            'segment ' || segment_en,
            'persona ' || persona,
            'value ' || value_tier || ', ' || worth || ' expected',
            churn || ' likely to leave',
            CASE WHEN n_tickets > 0 THEN
                n_open_tickets || ' of ' || n_tickets || CASE WHEN n_tickets = 1 THEN ' case' ELSE ' cases' END
                || ' open, last on ' || last_ticket_date || coalesce(': ' || last_ticket_topic, '') END,
            'mean mark ' || mark,
            'next: ' || next_product_title,
            CASE WHEN len(consents) > 0 THEN 'may be contacted by ' || array_to_string(consents, ', ')
                ELSE 'may not be contacted' END
        ) AS summary_en,
        concat_ws(
            '；',
            nullif(concat_ws(
                '、',
                CASE WHEN list_contains(labels, 'wholesale') THEN '批发客户' END,
                CASE WHEN list_contains(labels, 'bot') THEN '机器人' END,
                CASE WHEN list_contains(labels, 'staff') THEN '员工' END,
                CASE WHEN list_contains(labels, 'test') THEN '测试账号' END
            ), ''),
            CASE WHEN n_orders = 0 THEN '尚未下单'
                ELSE first_order_date || ' 起的客户，' || n_orders || ' 笔订单，净额 ' || net
                    || CASE WHEN returned_revenue > 0 THEN '（已退款 ' || returned || '）' ELSE '' END END,
            '最近订单 ' || last_order_id || '，' || last_order_date || '，' || paid_last,
            '分群 ' || segment_zh,
            '画像：' || persona_zh,
            '价值等级 ' || value_tier || '，预期 ' || worth,
            '流失概率 ' || churn,
            CASE WHEN n_tickets > 0 THEN
                n_tickets || ' 个工单，' || n_open_tickets || ' 个未结，最近一次 ' || last_ticket_date
                || coalesce('：' || last_ticket_topic, '') END,
            '平均满意度 ' || mark,
            '推荐：' || next_product_title,
            CASE WHEN len(consents) = 0 THEN '不可联系' ELSE '可联系方式：' || concat_ws(
                '、',
                CASE WHEN list_contains(consents, 'email') THEN '邮件' END,
                CASE WHEN list_contains(consents, 'sms') THEN '短信' END,
                CASE WHEN list_contains(consents, 'phone') THEN '电话' END
            ) END
        ) AS summary_zh
    FROM told
)
SELECT
    customer_id,
    -- An id, a title or a label may hold a line break, or another character that some program takes for one.
    regexp_replace(summary_en, '[\s\p{Cc}\p{Zl}\p{Zp}]+', ' ', 'g') AS summary_en,
    regexp_replace(summary_zh, '[\s\p{Cc}\p{Zl}\p{Zp}]+', ' ', 'g') AS summary_zh,
    labels, first_order_date, n_orders, net_revenue, returned_revenue, n_returns,
    last_return_date, last_order_id, last_order_date, last_order_amount, segment, persona, value_tier,
    clv, churn_probability, next_product_id, next_product_title, n_tickets, n_open_tickets, last_ticket_date,
    last_ticket_topic, mean_satisfaction, consents
FROM said
