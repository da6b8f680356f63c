namespace ContainerTools.Core.Build.Language;

public sealed partial class VariableExpander
{
    private const int MaxDepth = 100;

    private string ReadVariable()
    {
        _at++;
        if (_at >= _text.Length || _text[_at] != '{')
        {
            string plain = ReadName();
            return plain.Length == 0 ? "$" : Value(plain) ?? "";
        }

        if (++_depth > MaxDepth)
            throw new FormatException($"${{}} is nested more than {MaxDepth} deep");
        _at++;
        string result = ReadBraced();
        _depth--;
        return result;
    }

    private string ReadBraced()
    {
        string name = ReadName();
        char c = Next();
        switch (c)
        {
            case '\0':
                throw new FormatException($"'}}' is missing: ${{ is not closed in {_text}");
            case '}' when name.Length > 0:
                return Value(name) ?? "";
            case '-' or '+' or '?' when name.Length > 0:
                return Conditional(name, c, false);
            case ':' when name.Length > 0 && _at < _text.Length && _text[_at] is '-' or '+' or '?':
                return Conditional(name, Next(), true);
            case '#' or '%' when name.Length > 0:
                return Trim(name, c);
            case '/' when name.Length > 0:
                return Replace(name);
            default:
                string modifier = c == ':' && _at < _text.Length ? $":{_text[_at]}" : c.ToString();
                throw new FormatException(name.Length == 0 ? $"${{}} does not begin with a variable's name in {_text}"
                    : $"the modifier '{modifier}' of ${{{name}}} is not known; there are :- - :+ + :? ? # ## % %% / //");
        }
    }

    private string Conditional(string name, char modifier, bool emptyIsUnset)
    {
        string? value = _lookup(name);
        bool set = value is not null && !(emptyIsUnset && value.Length == 0);
        // As in a shell, only the word that is used counts: the other may name what is not there.
        bool wordIsUsed = modifier == '+' ? set : !set;
        _skipping += wordIsUsed ? 0 : 1;
        string word = ReadUntil('}', null, false);
        _skipping -= wordIsUsed ? 0 : 1;
        if (value is not null && _skipping == 0)
            _used.Add(name);
        if (modifier == '?' && !set && _skipping == 0)
        {
            throw new FormatException(word.Length > 0 ? $"{name}: {word}"
                : value is null ? $"the variable {name} is required and not set" : $"the variable {name} is required and empty");
        }

        return modifier == '+' ? set ? word : "" : set ? value! : modifier == '?' ? "" : word;
    }

    private string Trim(string name, char modifier)
    {
        bool longest = _at < _text.Length && _text[_at] == modifier;
        if (longest)
            _at++;
        var pattern = GlobPattern.Parse(ReadUntil('}', null, true), _escape);
        string value = Value(name) ?? "";
        return modifier == '#' ? pattern.TrimStart(value, longest) : pattern.TrimEnd(value, longest);
    }

    private string Replace(string name)
    {
        bool all = _at < _text.Length && _text[_at] == '/';
        if (all)
            _at++;
        string pattern;
        try
        {
            pattern = ReadUntil('/', null, true);
        }
        catch (FormatException) when (_at >= _text.Length)
        {
            throw new FormatException($"${{{name}/...}} lacks its second '/': it is ${{{name}/pattern/replacement}}");
        }

        string replacement = ReadUntil('}', null, false);
        string value = Value(name) ?? "";
        return GlobPattern.Parse(pattern, _escape).Replace(value, replacement, all);
    }

    // Letters, digits and _; a number; or one of the shell's special parameters, which are never set here.
    private string ReadName()
    {
        int start = _at;
        if (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
                _at++;
        }
        else if (_at < _text.Length && _text[_at] is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _at++;
        }
        else
        {
            while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
                _at++;
        }

        return _text[start.._at];
    }

    private char Next() => _at < _text.Length ? _text[_at++] : '\0';

    private string? Value(string name)
    {
        string? value = _lookup(name);
        if (_skipping == 0 && (char.IsLetter(name[0]) || name[0] == '_'))
            (value is null ? _undefined : _used).Add(name);
        return value;
    }
}
