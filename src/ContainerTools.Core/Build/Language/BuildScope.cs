namespace ContainerTools.Core.Build.Language;

/// <summary>
/// The variables of a build outside its stages: the global ARGs, the platforms, and what the user gave. From here each stage is entered.
/// It does not change, so that stages may run in parallel.
/// </summary>
public sealed class BuildScope
{
    private readonly Dictionary<string, string?> _global;

    /// <summary>Evaluates the global arguments.</summary>
    /// <param name="file">The Containerfile.</param>
    /// <param name="options">What the build is given.</param>
    /// <exception cref="ContainerfileException">A default cannot be expanded.</exception>
    public BuildScope(Containerfile file, BuildScopeOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        File = file;
        Options = options;
        _global = PredefinedArguments.Values(options.BuildPlatform, options.TargetPlatform, options.TargetStage ?? file.Stages[^1].Name ?? "default");
        foreach (string name in PredefinedArguments.Platforms)
        {
            if (options.BuildArguments.TryGetValue(name, out string? given))
                _global[name] = given;
        }

        var expander = new VariableExpander(Global, file.Directives.Escape);
        foreach (var instruction in file.GlobalArguments)
        {
            foreach (var argument in instruction.Arguments)
            {
                if (options.BuildArguments.TryGetValue(argument.Name, out string? value))
                    _global[argument.Name] = value;
                else if (argument.Value is not null)
                    _global[argument.Name] = Guard(instruction, () => expander.Expand(argument.Value), argument.Range);
                else
                    _global.TryAdd(argument.Name, null);
            }
        }
    }

    /// <summary>The Containerfile.</summary>
    public Containerfile File { get; }

    /// <summary>What the build is given.</summary>
    public BuildScopeOptions Options { get; }

    /// <summary>
    /// The proxies among the build arguments (<c>HTTP_PROXY</c>, ...), in upper and lower case, as programs differ in which they read: every RUN gets them, but
    /// no cache key, history entry or image has them.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> ProxyEnvironment =>
        [.. PredefinedArguments.Proxies.Select(n => KeyValuePair.Create(n, Proxy(n))).Where(static p => p.Value is not null).Select(static p => KeyValuePair.Create(p.Key, p.Value!))];

    /// <summary>The names of build arguments that nothing in the file asks for: a misspelling, most often.</summary>
    public IReadOnlyList<string> UnusedBuildArguments
    {
        get
        {
            var asked = File.Stages.SelectMany(s => s.Instructions).Select(i => i is OnBuildInstruction trigger ? trigger.Instruction : i).OfType<ArgInstruction>()
                .Concat(File.GlobalArguments).SelectMany(a => a.Arguments).Select(a => a.Name).ToHashSet();
            return [.. Options.BuildArguments.Keys
                .Where(n => !asked.Contains(n) && !PredefinedArguments.Proxies.Contains(n) && !PredefinedArguments.Platforms.Contains(n)
                    && !n.StartsWith("BUILDKIT_", StringComparison.Ordinal) && n != "SOURCE_DATE_EPOCH")
                .Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Expands a stage's FROM.</summary>
    /// <param name="stage">The stage.</param>
    /// <returns>The instruction with the name and the platform that it comes to.</returns>
    /// <exception cref="ContainerfileException">They cannot be expanded, or the name or the platform is empty.</exception>
    public FromInstruction ExpandFrom(Stage stage)
    {
        ArgumentNullException.ThrowIfNull(stage);
        var instruction = stage.From;
        var expander = new VariableExpander(Global, File.Directives.Escape);
        string name = Guard(instruction, () => expander.Expand(instruction.BaseName));
        string? platform = instruction.Platform is null ? null : Guard(instruction, () => expander.Expand(instruction.Platform));
        if (name.Length > 0 && platform is not { Length: 0 })
            return instruction with { BaseName = name, Platform = platform };
        string text = name.Length == 0 ? instruction.BaseName : instruction.Platform!;
        string hint = string.Concat(expander.Undefined.Select(u => $"; {u} is not set{FlagSet.Near(u, _global.Keys)}"));
        throw File.Error("ContainerfileEmptyBase", $"{(name.Length == 0 ? "the base's name" : "the platform")} {text} comes to nothing{hint}", instruction.Range);
    }

    /// <summary>Enters a stage whose base is an image, or nothing.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="baseEnvironment">The environment of the base image's config, in order.</param>
    public StageScope Enter(Stage stage, IEnumerable<KeyValuePair<string, string>> baseEnvironment)
    {
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(baseEnvironment);
        return new StageScope(this, stage, baseEnvironment, null);
    }

    /// <summary>Enters a stage whose base is another: it has that one's variables, its arguments too.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="below">The scope in which the base stage has ended.</param>
    public StageScope Enter(Stage stage, StageScope below)
    {
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(below);
        return new StageScope(this, stage, below.Environment, below);
    }

    private string? Proxy(string name) => Options.BuildArguments.GetValueOrDefault(name)
        ?? Options.BuildArguments.GetValueOrDefault(char.IsUpper(name[0]) ? name.ToLowerInvariant() : name.ToUpperInvariant());

    /// <summary>A global argument's value; null when it has none.</summary>
    internal string? Global(string name) => _global.GetValueOrDefault(name);

    internal T Guard<T>(Instruction instruction, Func<T> expand, SourceRange? range = null)
    {
        try
        {
            return expand();
        }
        catch (FormatException e)
        {
            throw File.Error("ContainerfileVariable", e.Message, (e as PlacedFormatException)?.Range ?? range ?? instruction.Range, e);
        }
    }
}
