using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Logs;

/// <summary>Reads a container's log, and goes on reading while it grows.</summary>
internal sealed class LogReader(string directory, string id, string name)
{
    // A line without an end must not fill the memory.
    private const int MaximumLine = 128 << 20;

    private readonly string _path = Path.Combine(directory, ContainerFiles.Log);
    private readonly StringBuilder[] _parts = [new(), new()];
    private readonly DateTimeOffset[] _times = new DateTimeOffset[2];

    public async IAsyncEnumerable<ContainerLogRecord> ReadAsync(LogOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watch = options.Follow ? new DirectoryWatch(directory) : null;
        // Looked at before the files are read: what a container wrote is in its log before its end is recorded.
        bool ended = watch is null || HasEnded();
        // Opened before the others are listed: if it is rotated away in between, it is listed too, and the list ends there.
        LogFile? file = LogFile.TryOpen(_path);
        var older = OpenOlder(file);
        if (file is null && older.Count > 0)
        {
            // Just being rotated: the newest of the old ones takes its place.
            file = older[^1];
            older.RemoveAt(older.Count - 1);
        }
        try
        {
            Queue<ContainerLogRecord>? tail = options.Tail is null ? null : new();
            bool seek = options is { Tail: not null, Since: null, Until: null };
            if (seek && older.Count == 0)
                file?.Seek(file.FindTail(options.Tail!.Value));
            foreach (var source in file is null ? older : older.Append(file))
            {
                while (Next(source, options) is { } record)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (options.Until is { } until && record.Time >= until)
                        continue;
                    if (tail is null)
                    {
                        yield return record;
                        continue;
                    }
                    tail.Enqueue(record);
                    if (tail.Count > options.Tail)
                        tail.Dequeue();
                }
            }
            // The cut-off end of a log is a line of its own, unless more of it may come.
            if (ended)
            {
                foreach (var record in Rest(options).OrderBy(r => r.Time))
                {
                    tail?.Enqueue(record);
                    if (tail is null)
                        yield return record;
                    else if (tail.Count > options.Tail)
                        tail.Dequeue();
                }
            }
            foreach (var record in tail ?? [])
                yield return record;
            while (!ended)
            {
                if (options.Until is { } until && DateTimeOffset.UtcNow >= until)
                    yield break;
                await Task.Factory.StartNew(() => WaitForMore(watch!, options.Until, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                ended = HasEnded();
                file ??= OpenNext(null);
                while (file is not null)
                {
                    // Asked before reading, since what is written until a file is rotated away is in that file.
                    bool rotated = IsRotated(file);
                    while (Next(file, options) is { } record)
                    {
                        if (options.Until is null || record.Time < options.Until)
                            yield return record;
                    }
                    if (!rotated)
                    {
                        // Rotated while it was read: once more, for what came after the last read.
                        if (IsRotated(file))
                            continue;
                        break;
                    }
                    if (OpenNext(file) is not { } next)
                        break;
                    file.Dispose();
                    file = next;
                }
            }
            foreach (var record in Rest(options).OrderBy(r => r.Time))
                yield return record;
        }
        finally
        {
            older.ForEach(f => f.Dispose());
            file?.Dispose();
        }
    }

    private ContainerLogRecord? Next(LogFile file, LogOptions options)
    {
        while (file.TryReadLine(out var bytes))
        {
            if (!LogLine.TryParse(bytes.Span, out var line))
                continue;
            int stream = (int)line.Stream;
            var parts = _parts[stream];
            if (parts.Length == 0)
                _times[stream] = line.Time;
            if (line.IsPartial && parts.Length + line.Text.Length < MaximumLine)
            {
                parts.Append(line.Text);
                continue;
            }
            string text = line.IsPartial ? line.Text : line.Text[..^1];
            if (parts.Length > 0)
            {
                text = parts.Append(text).ToString();
                parts.Clear();
            }
            if (options.Since is null || _times[stream] >= options.Since)
                return Record(stream, text, line.IsPartial);
        }
        return null;
    }

    private List<ContainerLogRecord> Rest(LogOptions options)
    {
        List<ContainerLogRecord> rest = [];
        for (int stream = 0; stream < _parts.Length; stream++)
        {
            if (_parts[stream].Length == 0)
                continue;
            var record = Record(stream, _parts[stream].ToString(), partial: true);
            _parts[stream].Clear();
            if ((options.Since is null || record.Time >= options.Since) && (options.Until is null || record.Time < options.Until))
                rest.Add(record);
        }
        return rest;
    }

    // A program that writes to a terminal-like log ends lines with \r\n; the \r is no part of the message.
    private ContainerLogRecord Record(int stream, string text, bool partial) =>
        new(_times[stream], (ContainerStream)stream, !partial && text.EndsWith('\r') ? text[..^1] : text) { ContainerId = id, ContainerName = name, Partial = partial };

    private bool HasEnded() => !Directory.Exists(directory) || StatusReader.Read(directory).State is ContainerState.Exited;

    private void WaitForMore(DirectoryWatch watch, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        using var lockFile = MonitorLockFile.TryOpen(directory);
        using var monitor = lockFile?.OpenMonitor();
        if (lockFile is null)
            return;
        TimeSpan? timeout = until is { } end ? end - DateTimeOffset.UtcNow : null;
        if (timeout < TimeSpan.Zero)
            timeout = TimeSpan.Zero;
        watch.Wait(timeout, cancellationToken, monitor?.Fd ?? -1);
    }

    /// <summary>
    /// The log's files and which they are, the oldest first. A listing taken while they change their names can have one twice or not at all, so it is taken again until it agrees
    /// with the one before.
    /// </summary>
    private List<(string Path, ulong Inode)> Files()
    {
        var before = ListFiles();
        while (true)
        {
            var now = ListFiles();
            if (now.SequenceEqual(before))
                return now;
            before = now;
        }
    }

    private List<(string Path, ulong Inode)> ListFiles()
    {
        List<(int Number, string Path)> older = [];
        foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, ContainerFiles.Log + ".*") : [])
        {
            if (int.TryParse(Path.GetExtension(path.AsSpan())[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                older.Add((number, path));
        }
        List<(string, ulong)> files = [];
        foreach (string path in older.OrderByDescending(f => f.Number).Select(f => f.Path).Append(_path))
        {
            if (Inode(path) is { } inode)
                files.Add((path, inode));
        }
        return files;
    }

    /// <summary>The files older than one, or all that were rotated away, the oldest first. Opened together, and again if they changed their names meanwhile.</summary>
    private List<LogFile> OpenOlder(LogFile? before)
    {
        ulong? own = before is null ? null : Inode(before);
        while (true)
        {
            var wanted = Files().TakeWhile(f => f.Path != _path && f.Inode != own).ToList();
            var files = wanted.ConvertAll(Open);
            if (files.TrueForAll(f => f is not null))
                return [.. files.Select(f => f!)];
            files.ForEach(f => f?.Dispose());
        }
    }

    private bool IsRotated(LogFile file) => Inode(file) is { } own && Inode(_path) != own;

    /// <summary>The file that came after one that was rotated away, or the oldest; null while there is none yet.</summary>
    private LogFile? OpenNext(LogFile? file)
    {
        ulong? own = file is null ? null : Inode(file);
        while (true)
        {
            var files = Files();
            // One that is not there any more has fallen off the end: then the oldest is the next.
            int next = files.FindIndex(f => f.Inode == own) + 1;
            if (next >= files.Count)
                return null;
            if (Open(files[next]) is { } opened)
                return opened;
        }
    }

    /// <summary>Opens a file, unless its name is another's by now.</summary>
    private static LogFile? Open((string Path, ulong Inode) wanted)
    {
        var file = LogFile.TryOpen(wanted.Path);
        if (file is null || Inode(file) == wanted.Inode)
            return file;
        file.Dispose();
        return null;
    }

    private static ulong? Inode(LogFile file) => FileCalls.Status((int)file.Handle.DangerousGetHandle(), out var status) >= 0 ? status.Inode : null;

    private static ulong? Inode(string path) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var status) >= 0 ? status.Inode : null;
}
