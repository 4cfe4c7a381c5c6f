"""Ctrl-C while a call is under way whose fits are in threads of their own."""

import signal
import threading
import time


def with_ctrl_c(work, times=1, after=0.2):
    """What `work` returns, with Ctrl-C so many times while it is under way, so many seconds apart."""

    def send():
        for _ in range(3000):  # until fits are under way
            time.sleep(0.01)
            if any(thread.name == "clearprop member" for thread in threading.enumerate()):
                break
        for _ in range(times):
            time.sleep(after)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        return work()
    finally:
        sender.join()
