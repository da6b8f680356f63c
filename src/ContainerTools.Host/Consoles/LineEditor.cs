using System.Text;

namespace ContainerTools.Host.Consoles;

/// <summary>Reads one line from a terminal with the usual keys, a history and completion by Tab.</summary>
internal sealed class LineEditor(Func<string, (int Start, int Length, IReadOnlyList<string> Candidates)> complete)
{
    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _historyIndex;
    private string _prompt = "";
    private (int Start, IReadOnlyList<string> Candidates, int Index)? _completion;

    public void AddHistory(string line)
    {
        if (_history.Count == 0 || _history[^1] != line)
            _history.Add(line);
    }

    /// <summary>The line without its end; null at the end of the input (Ctrl+D on an empty line).</summary>
    public string? Read(string prompt)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine();
        _prompt = prompt;
        _line.Clear();
        _cursor = 0;
        _historyIndex = _history.Count;
        _completion = null;
        Console.TreatControlCAsInput = true;
        try
        {
            Draw();
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (key.Key != ConsoleKey.Tab)
                    _completion = null;
                if (key.Key == ConsoleKey.Enter)
                    return Leave(_line.ToString());
                if (IsControl(key, ConsoleKey.D) && _line.Length == 0)
                    return Leave(null);
                if (IsControl(key, ConsoleKey.C))
                    return Leave("");
                Handle(key);
                Draw();
            }
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private static string? Leave(string? result)
    {
        Console.Out.WriteLine();
        return result;
    }

    private static bool IsControl(ConsoleKeyInfo key, ConsoleKey which) => key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key == which;

    private void Handle(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            HandleControl(key.Key);
            return;
        }
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow: _cursor = Math.Max(0, _cursor - 1); break;
            case ConsoleKey.RightArrow: _cursor = Math.Min(_line.Length, _cursor + 1); break;
            case ConsoleKey.Home: _cursor = 0; break;
            case ConsoleKey.End: _cursor = _line.Length; break;
            case ConsoleKey.UpArrow: Recall(-1); break;
            case ConsoleKey.DownArrow: Recall(1); break;
            case ConsoleKey.Tab: Complete(key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1); break;
            case ConsoleKey.Escape: Replace(""); break;
            case ConsoleKey.Backspace when _cursor > 0: _line.Remove(--_cursor, 1); break;
            case ConsoleKey.Delete when _cursor < _line.Length: _line.Remove(_cursor, 1); break;
            default:
                if (!char.IsControl(key.KeyChar))
                    _line.Insert(_cursor++, key.KeyChar);
                break;
        }
    }

    private void HandleControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A: _cursor = 0; break;
            case ConsoleKey.E: _cursor = _line.Length; break;
            case ConsoleKey.K: _line.Length = _cursor; break;
            case ConsoleKey.U: _line.Remove(0, _cursor); _cursor = 0; break;
            case ConsoleKey.W:
                var start = _line.ToString(0, _cursor).TrimEnd().LastIndexOf(' ') + 1;
                _line.Remove(start, _cursor - start);
                _cursor = start;
                break;
            case ConsoleKey.L: Console.Clear(); break;
        }
    }

    private void Recall(int step)
    {
        var index = Math.Clamp(_historyIndex + step, 0, _history.Count);
        if (index == _historyIndex)
            return;
        _historyIndex = index;
        Replace(index == _history.Count ? "" : _history[index]);
    }

    private void Complete(int step)
    {
        if (_completion is not { } current)
        {
            var (start, length, candidates) = complete(_line.ToString(0, _cursor));
            if (candidates.Count == 0)
                return;
            _line.Remove(start, length);
            _cursor = start;
            current = (start, candidates, step > 0 ? -1 : 0);
        }
        else
        {
            _line.Remove(current.Start, _cursor - current.Start);
            _cursor = current.Start;
        }
        var index = (current.Index + step + current.Candidates.Count) % current.Candidates.Count;
        _line.Insert(_cursor, current.Candidates[index]);
        _cursor += current.Candidates[index].Length;
        _completion = (current.Start, current.Candidates, index);
    }

    private void Replace(string text)
    {
        _line.Clear().Append(text);
        _cursor = text.Length;
    }

    /// <summary>Draws the line over itself; one longer than the terminal shows the part around the cursor.</summary>
    private void Draw()
    {
        var room = Math.Max(10, (Console.WindowWidth > 0 ? Console.WindowWidth : 80) - _prompt.Length - 1);
        var first = Math.Max(0, _cursor - room);
        var visible = _line.ToString(first, Math.Min(room, _line.Length - first)).Replace('\n', ' ');
        Console.Out.Write($"\r\u001b[K{_prompt}{visible}\r\u001b[{_prompt.Length + _cursor - first}C");
        Console.Out.Flush();
    }
}
