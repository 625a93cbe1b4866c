"""Transactions within another one: kept or taken back like real ones, and at their end the same is done."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, IntegrityError

from kernel.within import Within

TEMPORARY = "CREATE TEMP TABLE passo (n integer) ON COMMIT DROP"


def count(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM lugar")))


def test_savepoints_stand_in_for_transactions(bare_database: Engine) -> None:
    with bare_database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lugar (n integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with bare_database.connect() as connection, connection.begin() as transaction:
        within = Within(connection)
        with within.begin() as one:
            one.exec_driver_sql("INSERT INTO lugar VALUES (1)")
            one.exec_driver_sql(TEMPORARY)
            with within.begin() as other:
                other.exec_driver_sql("INSERT INTO lugar VALUES (2)")
            one.exec_driver_sql("INSERT INTO passo VALUES (1)")
        with within.begin() as one:
            one.exec_driver_sql(TEMPORARY)  # the one before went with its transaction
        with pytest.raises(IntegrityError), within.begin() as one:
            one.exec_driver_sql("INSERT INTO lugar VALUES (3), (2)")  # put off until the end
        assert count(connection) == 2
        with pytest.raises(DataError), within.begin() as one:
            one.exec_driver_sql("INSERT INTO lugar SELECT n / (n - 4) FROM generate_series(3, 4) n")
        assert count(connection) == 2
        with within.begin() as one:
            one.exec_driver_sql("INSERT INTO lugar VALUES (3), (3)")
            one.exec_driver_sql("DELETE FROM lugar WHERE n = 3")  # what is put off is asked at the end only
        transaction.rollback()
    with bare_database.connect() as connection:
        assert count(connection) == 0
