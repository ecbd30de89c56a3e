"""Why a file as a whole cannot be taken in."""


class FileRefusedError(Exception):
    """A file as a whole cannot be taken in.

    ``reason`` is one of empty_file, undecodable, compression, delimiter_detection_failed,
    missing_columns, too_many_columns, no_data_rows_found, invalid_ndjson_format,
    no_json_lines_detected, missing_fields, too_large, invalid_name, error_reading_file,
    rule_failed; ``detail`` is a sentence.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
