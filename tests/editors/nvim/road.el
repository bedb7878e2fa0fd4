;;; The main road in Emacs with Eglot: open, see, fix, save.  -*- lexical-binding: t; -*-
;; A step that fails prints why and ends Emacs with exit code 1.
;; Eglot speaks utf-32 with this server, which no other editor here does.

(require 'cl-lib)
(require 'eglot)

(setq native-comp-enable-subr-trampolines nil
      make-backup-files nil
      create-lockfiles nil
      eglot-confirm-server-edits nil
      eglot-connect-timeout 15
      flymake-no-changes-timeout 0.1)

(add-to-list 'eglot-server-programs
             `((python-mode python-ts-mode)
               . (,(getenv "UNDERSTUDY_TEST_PYTHON") "-P" "-m" "understudy" "lsp"
                  :initializationOptions (:trusted t))))

(defun await (what probe)
  "Return the first non-nil value of PROBE, or fail for want of WHAT."
  (let ((deadline (+ (float-time) 15)) value)
    (while (and (not (setq value (funcall probe))) (< (float-time) deadline))
      (accept-process-output nil 0.05)
      (sit-for 0.01))
    (or value (error "Waited 15 s in vain for %s; shown: %S" what
                     (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))))

(defun finding (rule)
  "The diagnostic that names RULE."
  (cl-find-if (lambda (diagnostic) (string-match-p rule (flymake-diagnostic-text diagnostic)))
              (flymake-diagnostics)))

(defun fix (diagnostic)
  "Apply the code action of DIAGNOSTIC whose title begins with Fix."
  (cl-letf ((last-nonmenu-event ?x)     ; the keyboard's menu, not the mouse's
            ((symbol-function 'completing-read)
             (lambda (_prompt titles &rest _)
               (let ((all (mapcar (lambda (item) (if (consp item) (car item) item)) titles)))
                 (or (cl-find-if (lambda (title) (string-prefix-p "Fix:" title)) all)
                     (error "No fix among %S" all))))))
    (eglot-code-actions (flymake-diagnostic-beg diagnostic) (flymake-diagnostic-end diagnostic) nil t)))

(find-file "app.py")
(apply #'eglot (eglot--guess-contact))
(let* ((rule "B307\\|S307")
       (found (await "the finding behind the emoji" (lambda () (finding rule)))))
  (princ (format "server %d\n" (process-id (jsonrpc--process (eglot-current-server)))))
  (goto-char (flymake-diagnostic-beg found))
  (unless (looking-at "eval(")
    (error "The finding behind the emoji marks %S" (buffer-substring (point) (line-end-position))))
  (fix found)
  (save-buffer)
  (await "no finding after the fix" (lambda () (not (finding rule))))
  (goto-char (point-min))
  (unless (search-forward "label = \"🧾 \" + auth.fingerprint(f\"order {order_id}\"); number = " nil t)
    (error "The fix spoilt the start of the line"))
  (unless (looking-at "[^\n]*10_000[^\n]* \\+ order_id$")
    (error "The fix spoilt the end of the line"))
  (await "the findings that were not fixed" (lambda () (finding "B506\\|S506"))))
(eglot-shutdown (eglot-current-server))
(kill-emacs 0)
