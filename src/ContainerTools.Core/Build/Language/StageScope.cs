namespace ContainerTools.Core.Build.Language;

/// <summary>
/// The variables of a stage while its instructions are gone through in order. An ENV always wins over an ARG of the same name.
/// A scope belongs to one thread.
/// </summary>
public sealed class StageScope
{
    private readonly BuildScope _build;
    private readonly LintFilter _found;
    private readonly Dictionary<string, string> _environment = [];
    private readonly List<string> _environmentOrder = [];
    private readonly Dictionary<string, string?> _arguments = [];
    private readonly List<string> _argumentOrder = [];
    private bool _hasWorkdir;

    internal StageScope(BuildScope build, Stage stage, IEnumerable<KeyValuePair<string, string>> environment, StageScope? below)
    {
        _build = build;
        Stage = stage;
        _found = new LintFilter(build.File.Directives);
        foreach (var (name, value) in environment)
            SetEnvironment(name, value);
        foreach (string name in below?._argumentOrder ?? [])
            SetArgument(name, below!._arguments[name]);
        _hasWorkdir = below?._hasWorkdir ?? false;
    }

    /// <summary>The stage.</summary>
    public Stage Stage { get; }

    /// <summary>The base's environment and what ENV has added or changed, in order: the image's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment => [.. _environmentOrder.Select(n => KeyValuePair.Create(n, _environment[n]))];

    /// <summary>The arguments declared so far that have a value, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Arguments =>
        [.. _argumentOrder.Where(n => _arguments[n] is not null).Select(n => KeyValuePair.Create(n, _arguments[n]!))];

    /// <summary>What RUN sees: the arguments, and the environment, which wins. Not the proxies (<see cref="BuildScope.ProxyEnvironment"/>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RunEnvironment => [.. Arguments.Where(a => !_environment.ContainsKey(a.Key)), .. Environment];

    /// <summary>What the linter objects to in the instructions so far, where it depends on values.</summary>
    public IReadOnlyList<LintWarning> Warnings => _found.Warnings;

    /// <summary>The value of a variable here; null when it has none.</summary>
    /// <param name="name">The variable's name.</param>
    public string? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _environment.TryGetValue(name, out string? value) ? value : _arguments.GetValueOrDefault(name);
    }

    /// <summary>Expands the variables of the stage's next instruction, and then does what ENV and ARG do to the scope.</summary>
    /// <param name="instruction">The instruction as parsed, or a trigger of the base.</param>
    /// <returns>
    /// The instruction as it is to be executed. ENV and LABEL have their values, ARG those that its arguments have now (null for none), EXPOSE single
    /// ports with a protocol, RUN its mounts. Commands are not touched: variables there are the shell's.
    /// </returns>
    /// <exception cref="ContainerfileException">A variable cannot be expanded, or what it comes to makes no sense.</exception>
    public Instruction Apply(Instruction instruction)
    {
        ArgumentNullException.ThrowIfNull(instruction);
        var expander = new VariableExpander(Find, _build.File.Directives.Escape);
        var expanded = instruction is ArgInstruction arg ? Declare(arg, expander) : _build.Guard(instruction, () => InstructionExpander.Expand(instruction, expander));
        if (expanded is EnvInstruction env)
        {
            foreach (var variable in env.Variables)
                SetEnvironment(Name(variable), variable.Value!);
        }

        Lint(instruction, expanded, expander);
        return expanded;
    }

    private ArgInstruction Declare(ArgInstruction instruction, VariableExpander expander)
    {
        var declared = new List<Assignment>();
        foreach (var argument in instruction.Arguments)
        {
            // What the user gives comes first, then the default here, then the global argument's value. A default that is not used is not looked at.
            string? value = _build.Options.BuildArguments.TryGetValue(argument.Name, out string? given) ? given
                : argument.Value is not null ? _build.Guard(instruction, () => expander.Expand(argument.Value), argument.Range)
                : _build.Global(argument.Name) ?? _arguments.GetValueOrDefault(argument.Name);
            SetArgument(argument.Name, value);
            declared.Add(argument with { Value = value });
        }

        return instruction with { Arguments = declared };
    }

    private void Lint(Instruction instruction, Instruction expanded, VariableExpander expander)
    {
        foreach (string name in expander.Undefined.Where(n => !_arguments.ContainsKey(n)).Order(StringComparer.Ordinal))
        {
            string near = FlagSet.Near(name, _environmentOrder.Concat(_argumentOrder));
            _found.Add(LintRules.UndefinedVar, $"The variable '${name}' is used, but not defined{near}", instruction);
        }

        switch (instruction)
        {
            case WorkdirInstruction:
                string path = ((WorkdirInstruction)expanded).Path;
                if (!_hasWorkdir && !path.StartsWith('/'))
                    _found.Add(LintRules.WorkdirRelativePath, $"The relative path '{path}' leads elsewhere when the base image's working directory changes", instruction);
                _hasWorkdir = true;
                break;
            case ExposeInstruction expose:
                foreach (string port in expose.Ports.SelectMany(expander.ExpandWords))
                    PortText.Lint(port, instruction, _found);
                break;
            case FileTransferInstruction and not CopyInstruction { From: not null }:
                foreach (string source in ((FileTransferInstruction)expanded).Sources.Where(s => _build.Options.Ignore?.IsSurelyIgnored(s) == true))
                    _found.Add(LintRules.CopyIgnoredFile, $"{instruction.Name} names '{source}', which .dockerignore leaves out of the context", instruction);
                break;
            default:
                break;
        }
    }

    private string Name(Assignment variable) => !variable.Name.Contains('=') ? variable.Name
        : throw _build.File.Error("ContainerfileVariable", $"the variable's name comes to '{variable.Name}', and a name has no '='", variable.Range);

    private void SetEnvironment(string name, string value)
    {
        if (!_environment.ContainsKey(name))
            _environmentOrder.Add(name);
        _environment[name] = value;
    }

    private void SetArgument(string name, string? value)
    {
        if (!_arguments.ContainsKey(name))
            _argumentOrder.Add(name);
        _arguments[name] = value;
    }
}
