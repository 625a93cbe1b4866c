"""From a query to rows, groups, totals, pages, sheets, charts and printed documents."""
