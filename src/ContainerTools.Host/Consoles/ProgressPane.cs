using System.Diagnostics;
using System.Management.Automation;
using System.Text;

namespace ContainerTools.Host.Consoles;

/// <summary>Progress bars below the output, one line each, on standard error and only when that is a terminal.</summary>
internal sealed class ProgressPane
{
    private const int BarWidth = 30;
    private const int MostLines = 12;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly bool _enabled = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
    private readonly SortedDictionary<int, ProgressRecord> _records = [];
    private readonly Lock _lock = new();
    private long _lastDrawn;
    private int _linesDrawn;

    public void Update(ProgressRecord record)
    {
        if (!_enabled)
            return;
        lock (_lock)
        {
            if (record.RecordType == ProgressRecordType.Completed)
                _records.Remove(record.ActivityId);
            else
                _records[record.ActivityId] = record;
            if (_records.Count > 0 && Stopwatch.GetElapsedTime(_lastDrawn) < s_interval)
                return;
            Erase();
            Draw();
        }
    }

    public void Hide()
    {
        if (!_enabled)
            return;
        lock (_lock)
            Erase();
    }

    public void Show()
    {
        if (!_enabled)
            return;
        lock (_lock)
        {
            if (_records.Count > 0 && Stopwatch.GetElapsedTime(_lastDrawn) >= s_interval)
                Draw();
        }
    }

    public void Clear()
    {
        if (!_enabled)
            return;
        lock (_lock)
        {
            Erase();
            _records.Clear();
        }
    }

    private void Draw()
    {
        var width = Math.Max(20, Console.WindowWidth - 1);
        var text = new StringBuilder();
        foreach (var record in _records.Values.Take(MostLines))
        {
            var filled = record.PercentComplete * BarWidth / 100;
            var bar = record.PercentComplete < 0 ? "" : $"[{new string('#', filled)}{new string(' ', BarWidth - filled)}] ";
            var line = $"{record.Activity} {bar}{record.StatusDescription}".Replace('\n', ' ');
            text.Append("\r\n").Append(line.Length > width ? line[..width] : line);
            _linesDrawn++;
        }
        Console.Error.Write(text);
        _lastDrawn = Stopwatch.GetTimestamp();
    }

    private void Erase()
    {
        if (_linesDrawn == 0)
            return;
        Console.Error.Write(string.Concat(Enumerable.Repeat("\r\u001b[K\u001b[A", _linesDrawn)) + "\r");
        _linesDrawn = 0;
    }
}
