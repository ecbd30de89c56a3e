"""What can go wrong with a store, each as a sentence that a person can act on.

The two `explain_*` functions are the only places where the words of an operating system or of S3
become ours. They repeat codes and places, never the texts of the other side, which may carry
credentials.
"""

import errno


class StoreError(Exception):
    """Anything that a store refuses or cannot do."""


class ObjectNotFound(StoreError):
    """No object stands under the key."""


class ObjectChanged(StoreError):
    """The object under the key is not the one that the caller saw."""


class ObjectExists(StoreError):
    """An object stands under a key that should be free."""


class StagedLost(StoreError):
    """A staged write is gone, and what it staged was not published."""


class InvalidKey(StoreError):
    """The text cannot be the key of an object."""


class StoreUnavailable(StoreError):
    """The store cannot be reached, or does not let us do what we must."""


class ObjectUnreadable(StoreUnavailable):
    """The store does not let us have this object; perhaps no other either."""


class LedgerDamaged(StoreUnavailable):
    """A record of the ledger cannot be read."""


class ObjectBusy(StoreUnavailable):
    """Others keep writing the same key. The same call may succeed later."""


class ReadInterrupted(StoreUnavailable):
    """Fewer bytes arrived than the object has. The same read may succeed when repeated."""


def explain_os(exc: OSError, where: str) -> StoreError:
    """The error of ours that says what `exc` means for the file at the URI `where`."""
    match exc.errno:
        case errno.ENOENT:
            return ObjectNotFound(f"There is no object at {where}.")
        case errno.EEXIST:
            return ObjectExists(f"There is already a file at {where}.")
        case errno.EACCES | errno.EPERM:
            return ObjectUnreadable(
                f"Access to {where} is denied. Give the user that runs lake_assets the right to "
                "read and write in the lake's directory."
            )
        case errno.EIO:
            return ObjectUnreadable(
                f"The disk does not give {where} (EIO). Check the disk; if it is only this file, "
                "send it again under another name, and delete this one."
            )
        case errno.EROFS:
            return StoreUnavailable(
                f"{where} is on a read-only file system. Mount it for writing, or set the lake's "
                "URI to a directory that can be written."
            )
        case errno.ENOSPC | errno.EDQUOT:
            return StoreUnavailable(
                f"The disk or the quota is full at {where}. Free some space, then run again: "
                "nothing was published in part."
            )
        case errno.EISDIR | errno.ENOTEMPTY:
            return StoreUnavailable(
                f"There is a directory at {where}, where a file is expected. Rename one of them."
            )
        case errno.ENOTDIR:
            return StoreUnavailable(
                f"There is a file on the way to {where}, where a directory is expected. Rename "
                "one of them."
            )
        case errno.ENAMETOOLONG:
            return InvalidKey(f"The file system does not take a name as long as {where}.")
        case errno.EXDEV:
            return StoreUnavailable(
                f"{where} is on another file system than the rest of the lake, so that no file "
                "can be moved there in one step. Keep a lake on one file system."
            )
        case errno.ENOLCK | errno.ENOSYS | errno.EOPNOTSUPP:
            return StoreUnavailable(
                f"The file system at {where} does not lock files. Keep the lake on a local disk, "
                "or on a network file system that is mounted with locks."
            )
    name = errno.errorcode.get(exc.errno or 0, "an unknown error")
    return StoreUnavailable(
        f"The operating system answered {name} for {where}. Check the disk, then run again."
    )


_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_REGION = {"301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"}
_OVERLOADED = {"SlowDown", "ServiceUnavailable", "InternalError", "500", "502", "503", "504"}
_DENIED = {"403", "AccessDenied", "AllAccessDisabled", "AccountProblem"}
_ARCHIVED = {"InvalidObjectState", "ObjectNotInActiveTierError"}
_OTHER_KEY = {"400", "InvalidRequest"}
"""What S3 says of an object for which it wants a key of the sender (SSE-C)."""


def explain_s3(code: str, where: str) -> StoreError:
    """The error of ours that says what S3's error `code` means for the URI `where`.

    `code` is an S3 error code, or the HTTP status where S3 sends no code (answers to HEAD).
    Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    if code in {"404", "NoSuchKey", "NoSuchVersion"}:
        return ObjectNotFound(f"There is no object at {where}.")
    if code in {"412", "PreconditionFailed"}:
        return ObjectChanged(
            f"The object at {where} is not the one that was seen before. List it again."
        )
    if code in {"NoSuchUpload", "InvalidPart"}:
        return StagedLost(f"The staged write of {where} is gone. Run the task that made it again.")
    if code in {"ConditionalRequestConflict", "OperationAborted"}:
        return ObjectBusy(f"Others keep writing {where}. Run again when they are done.")
    if code == "NoSuchBucket":
        return StoreUnavailable(
            f"The bucket of {where} does not exist. Create it, or correct the lake's URI."
        )
    if code in _DENIED:
        return ObjectUnreadable(
            f"S3 denied access to {where}. Grant the role s3:ListBucket on the bucket, and "
            "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its "
            "objects, and the use of the KMS key if the bucket has one."
        )
    if code in _CREDENTIALS:
        return StoreUnavailable(
            f"S3 does not accept the credentials for {where} ({code}). Check the access key, the "
            "secret key and the session token of the profile or the environment in use."
        )
    if code in _EXPIRED:
        return StoreUnavailable(
            f"The credentials for {where} have expired. Renew them, then run again."
        )
    if code in _REGION:
        return StoreUnavailable(
            f"The bucket of {where} is in another region. Set AWS_REGION to the bucket's region."
        )
    if code == "RequestTimeTooSkewed":
        return StoreUnavailable(
            f"S3 refused {where} because this computer's clock is wrong. Set the clock."
        )
    if code in _ARCHIVED:
        return ObjectUnreadable(
            f"The object at {where} is in an archive storage class. Restore it, then run again."
        )
    if code.startswith("KMS."):
        return ObjectUnreadable(
            f"S3 cannot use the KMS key of {where} ({code}). Enable the key, or let the role "
            "use it."
        )
    if code in _OTHER_KEY:
        return ObjectUnreadable(
            f"S3 does not give {where} as we ask for it ({code}). If its sender encrypted it "
            "with a key of his own (SSE-C), have it sent again without; else check the credentials."
        )
    if code in {"MissingContentLength", "NotImplemented", "MethodNotAllowed", "501"}:
        return StoreUnavailable(
            f"The store of {where} does not implement this request ({code}). Use a store with "
            "multipart uploads, conditional writes and conditional copies."
        )
    if code in _OVERLOADED:
        return StoreUnavailable(
            f"S3 is overloaded or failing for {where} ({code}), also after retries. Run again "
            "later: nothing was published in part."
        )
    return StoreUnavailable(f"S3 answered {code or 'an unknown error'} for {where}.")
