"""What can go wrong with a remote run, each as a sentence that a person can act on.

`retryable` says whether the same submission may do better later: what only a person mends is not
worth another run.
"""

from typing import ClassVar


class RemoteRunError(Exception):
    """A remote run did not do its work, or nobody can tell that it did."""

    retryable: ClassVar[bool] = False


class NoReport(RemoteRunError):
    """The service says that the run succeeded, and the job never said what it did."""


class ManyReports(RemoteRunError):
    """More than one report came: more than one job answered to one submission."""


class BadReport(RemoteRunError):
    """What came as the report is not an object."""


class RunFailed(RemoteRunError):
    """The job ended in a failure."""


class RunTimedOut(RemoteRunError):
    """The service ended the run because of its own time limit."""


class RunStopped(RemoteRunError):
    """Somebody stopped the run."""


class NeverStarted(RemoteRunError):
    """The run still waited for machines when its time to start was over."""

    retryable = True


class NeverEnded(RemoteRunError):
    """The run was still going when its time was over."""


class UnknownState(RemoteRunError):
    """The run stayed in a state that this version of lake_assets does not know."""


class StartUnanswered(RemoteRunError):
    """A run was asked for, and nobody knows whether it is there: another could be a second one."""


class LostTouch(RemoteRunError):
    """The service did not tell for too long how the run goes."""


class NoSuchTarget(RemoteRunError):
    """The job, the application or the cluster does not exist, or cannot take a run."""


class Denied(RemoteRunError):
    """The role, of the submitter or of the run, is wrong or lacks a right."""


class Refused(RemoteRunError):
    """The service does not take the submission for another reason."""


class WrongRegion(RemoteRunError):
    """The bucket is in another region than the service."""


class NotDeployed(RemoteRunError):
    """What the run needs is not in the bucket."""


class OtherVersion(NotDeployed):
    """Another version of lake_assets is in the bucket than the one that submits."""


class NoCredentials(RemoteRunError):
    """There are no credentials, or they are not accepted."""


class StorageFailed(RemoteRunError):
    """The bucket cannot be read or written."""

    retryable = True


class Passing(RemoteRunError):
    """What may pass by itself, and is worth asking again within the run's patience."""

    retryable = True


class ServiceBusy(Passing):
    """The service takes no more runs or requests at the moment."""


class Unreachable(Passing):
    """The service does not answer."""
