from tests.browser.test_access_screens import *
